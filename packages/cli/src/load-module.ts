/** A module of the user's: imported, or why not and where. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { errorText } from './output.ts';
import { UsageError } from './options.ts';

/** The module could not be imported: the message names it, what it threw, and the line of the user's that did. */
export class LoadError extends Error {}

/** @throws UsageError, LoadError */
export async function loadModule(path: string): Promise<Record<string, unknown>> {
  const file = resolve(path);
  if (!existsSync(file)) throw new UsageError(`There is no module ${file}.`);
  // With nothing left to wait for, the process would end as if this program had forgotten something.
  const never = (): void => {
    const why = 'a top-level await, in it or in what it imports, waits for what never comes';
    process.stderr.write(`${path} never finished loading: ${why}.\n`);
    process.exit(1);
  };
  process.once('beforeExit', never);
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    const where = placeIn(error instanceof Error ? error.stack : undefined) ?? syntaxPlace(error, file);
    const what = error instanceof Error ? errorText(error) : `it throws ${errorText(error)}`;
    throw new LoadError(`${path} cannot be loaded: ${what}${where === undefined ? '' : ` (${where})`}`, {
      cause: error,
    });
  } finally {
    process.off('beforeExit', never);
  }
}

const LINE = /^(?:\s+at (?:.*\()?(?:async )?)?(file:\/\/\/.*?|\/.*?|[A-Za-z]:\\.*?):(\d+)(?::(\d+))?\)?$/;

/** The first line of the stack that is in neither a dependency nor this program. */
function placeIn(stack: string | undefined): string | undefined {
  for (const line of stack?.split('\n') ?? []) {
    const [, at = '', row, column] = LINE.exec(line) ?? [];
    const file = at.startsWith('file:') ? fileURLToPath(at.replace(/\?.*$/, '')) : at;
    if (file === '' || isOurs(file)) continue;
    const near = relative('', file);
    return [near.startsWith('..') ? file : near, row, ...(column === undefined ? [] : [column])].join(':');
  }
  return undefined;
}

const OWN = [import.meta.dirname, dirname(fileURLToPath(import.meta.resolve('tailrace')))];
const BIN = resolve(import.meta.dirname, '..', 'tailrace.mjs');

function isOurs(file: string): boolean {
  return (
    file === BIN || file.includes(`${sep}node_modules${sep}`) || OWN.some((folder) => file.startsWith(folder + sep))
  );
}

/** Of JavaScript that cannot be parsed, the stack does not say the line; a check of the file does. */
function syntaxPlace(error: unknown, file: string): string | undefined {
  if (!(error instanceof SyntaxError)) return undefined;
  return placeIn(spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' }).stderr);
}
