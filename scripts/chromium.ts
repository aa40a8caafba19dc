// The Chromium that the browser tests drive: the one that is there, or else Debian's, installed. `node scripts/chromium.ts` says where it is.
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const PLACES = [
  process.env['TAILRACE_CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const HOW =
  'The browser tests need Chromium. Install it (Debian, Ubuntu: `apt-get install chromium` as root), or say with TAILRACE_CHROMIUM=/path/to/chromium where it is.';

/** Where Chromium is. Installs it where that can be done: as root on Debian. @throws Error that says what to install */
export function chromium(): string {
  const found = find();
  if (found !== undefined) return found;
  if (!existsSync('/etc/debian_version') || process.getuid?.() !== 0) throw new Error(HOW);
  console.log('Installing Debian’s chromium for the browser tests.');
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    execFileSync('apt-get', ['update', '-q'], { stdio: 'pipe', env, timeout: 300_000 });
    execFileSync('apt-get', ['install', '-yq', '--no-install-recommends', 'chromium'], {
      stdio: 'pipe',
      env,
      timeout: 600_000,
    });
  } catch (cause) {
    throw new Error(`apt-get could not install chromium. ${HOW}`, { cause });
  }
  const installed = find();
  if (installed === undefined) throw new Error(`apt-get installed chromium, and it is not there. ${HOW}`);
  return installed;
}

function find(): string | undefined {
  return PLACES.find((path) => {
    if (path === undefined) return false;
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Called once before the browser tests. */
export function setup({ provide }: { provide: (key: 'chromium', path: string) => void }): void {
  provide('chromium', chromium());
}

declare module 'vitest' {
  interface ProvidedContext {
    chromium: string;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(chromium());
