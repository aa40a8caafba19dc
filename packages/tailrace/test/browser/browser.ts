/** One Chromium for a file of tests, and what its pages complain about. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface OpenedBrowser extends AsyncDisposable {
  /** A page of its own, and everything that it and its console said was wrong. */
  open(url: string): Promise<{ page: Page; wrong: string[]; [Symbol.asyncDispose](): Promise<void> }>;
}

export async function openBrowser(executablePath: string): Promise<OpenedBrowser> {
  const data = mkdtempSync(join(tmpdir(), 'tailrace-chromium-'));
  const context: BrowserContext = await chromium.launchPersistentContext(data, {
    executablePath,
    headless: true,
    args: ARGS,
  });
  context.setDefaultTimeout(20_000);
  return {
    async open(url) {
      const page = await context.newPage();
      const wrong: string[] = [];
      page.on('pageerror', (error) => wrong.push(String(error)));
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) wrong.push(message.text());
      });
      await page.goto(url);
      return {
        page,
        wrong,
        [Symbol.asyncDispose]: async () => {
          await context.setOffline(false);
          await page.close();
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      await context.close();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
