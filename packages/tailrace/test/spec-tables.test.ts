// SPEC.md and the code say the same: its tables are read and compared.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as errors from '../src/event/errors.ts';
import { ERROR_CODES, type ErrorCode } from '../src/event/error-codes.ts';
import { classOf } from '../src/event/durability.ts';
import type { RunEventBody } from '../src/event/run-event.ts';
import { HTTP_DEFAULTS } from '../src/http/options.ts';
import { DEFAULTS } from '../src/run/options.ts';

const library = join(import.meta.dirname, '..');
const spec = readFileSync(join(library, '..', '..', 'SPEC.md'), 'utf8');

/** The rows of the tables in a section, cells trimmed, without their backquotes where the whole cell is code. */
function rowsOf(section: string): string[][] {
  const [, text = ''] = spec.split(new RegExp(`^##+ (?:\\d+\\. )?${section}$`, 'm'));
  const [own = ''] = text.split(/^## /m);
  const lines = own.split('\n').filter((line) => line.startsWith('|') && !/^\|[-|]+\|$/.test(line));
  return lines.slice(1).map((line) =>
    line
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim().replace(/^`([^`]*)`$/, '$1')),
  );
}

const sourceOf = (path: string): string => readFileSync(join(library, path), 'utf8');

describe('events', () => {
  const source = ['run-event', 'step-events', 'mail-events', 'session-events', 'verdict-events']
    .map((name) => sourceOf(`src/event/${name}.ts`))
    .join('');
  const [, union = ''] = /type RunEventBody = \(([^)]+)\)/.exec(source) ?? [];
  const types = [...union.matchAll(/\w+/g)].map(([name]) => typeOf(source, name));
  const rows = rowsOf('Events');

  it('are all in the table, in the order of the union', () => {
    expect(types.length).toBeGreaterThan(30);
    expect(rows.map(([type]) => type)).toEqual(types);
  });

  it.each(rows)('%s: its class is the one the log acts on', (type = '', _when, durability) => {
    expect(classOf({ type } as RunEventBody)).toBe(durability);
  });

  it('that nothing writes are marked as later, and no others', () => {
    const writers = globSync('src/{run,log,port,view}/**/*.ts', { cwd: library }).map(sourceOf).join('\n');
    const written = types.filter((type) => writers.includes(`type: '${type}'`));
    expect(rows.filter(([, when]) => when !== 'later').map(([type]) => type)).toEqual(written);
  });
});

/** The `type` of the events that an interface describes. */
function typeOf(source: string, name: string): string {
  const [, type] = new RegExp(`interface ${name}\\b[^}]*?\\n {2}type: '([a-z_.]+)';`).exec(source) ?? [];
  if (type === undefined) throw new Error(`no type in ${name}`);
  return type;
}

describe('error codes', () => {
  const rows = rowsOf('Error codes');

  it('are all in the table, in the order of the code', () => {
    expect(rows.map(([code]) => code)).toEqual(Object.keys(ERROR_CODES));
  });

  it.each(rows)('%s: %s, retryable: %s', (code, actor, retryable, classes = '') => {
    expect({ actor, retryable: retryable === 'yes' }).toEqual(ERROR_CODES[code as ErrorCode]);
    const names = classes === '—' ? [] : classes.split(', ').map((name) => name.replaceAll('`', ''));
    expect(names.filter((name) => !(name in errors))).toEqual([]);
  });
});

describe('defaults and caps', () => {
  const rows = rowsOf('Defaults and caps');
  const inCode = (where: string): [path: string, name: string] => {
    const [path = '', name = ''] = where.split(' ');
    return [path, name];
  };

  it.each(rows)('%s: %s', (_what, value = '', _setBy, where = '') => {
    const [path, name] = inCode(where);
    const options: Readonly<Record<string, object>> = {
      'src/run/options.ts': DEFAULTS,
      'src/http/options.ts': HTTP_DEFAULTS,
    };
    const actual: unknown = options[path] ? Reflect.get(options[path], name) : numberIn(sourceOf(path), name);
    expect(actual).toBe(typeof actual === 'string' ? value : numberOf(value));
  });

  it('are all in the table: every option, and every number with a name', () => {
    const stated = rows.map(([, , , where = '']) => where);
    const named = globSync('src/{base,client,http,log,model,port,run,runtime,store,view}/**/*.ts', {
      cwd: library,
    }).flatMap((path) =>
      [...sourceOf(path).matchAll(/^(?:export )?const ([A-Z_]+)(?:: number)? = [\d_ *]+;$/gm)].map(
        ([, name = '']) => `${path.replaceAll('\\', '/')} ${name}`,
      ),
    );
    const expected = [
      ...Object.keys(DEFAULTS).map((name) => `src/run/options.ts ${name}`),
      ...Object.entries(HTTP_DEFAULTS).flatMap(([name, value]) =>
        typeof value === 'number' ? [`src/http/options.ts ${name}`] : [],
      ),
      ...named,
    ];
    expect(
      expected.filter((where) => !stated.includes(where) && !NO_LIMITS.some((path) => where.startsWith(path))),
    ).toEqual([]);
  });
});

// Numbers with names that bound nothing a user could meet: weights, widths, pages, foreign error numbers, the demo's own.
const NO_LIMITS = [
  'src/http/dead-attempts.ts PAGE',
  'src/http/responses/responses-routes.ts PAGE',
  'src/http/session-key.ts',
  'src/http/snapshot-view.ts PAGE',
  'src/log/event-size.ts',
  'src/log/read-run.ts PAGE',
  'src/log/retention.ts PAGE',
  'src/log/snapshot.ts PAGE',
  'src/runtime/run-list.ts PAGE',
  'src/store/sqlite-error.ts',
  'src/view/trace/waterfall.ts',
  'src/model/offline-',
];

describe('documents', () => {
  const root = join(library, '..', '..');
  const documents = globSync(['SPEC.md', 'ARCHITECTURE.md', 'decisions/*.md'], { cwd: root });

  it('name only files that exist', () => {
    const missing = documents.flatMap((document) => {
      const text = readFileSync(join(root, document), 'utf8');
      const named =
        text.match(/\b(?:src\/)?(?:base|event|port|log|agent|run|runtime|view|model|store|testing)\/[\w/-]+\.ts\b/g) ??
        [];
      return named
        .filter((path) => !existsSync(join(library, 'src', path.replace(/^src\//, ''))))
        .map((path) => `${document}: ${path}`);
    });
    expect(missing).toEqual([]);
  });
});

describe('tests', () => {
  const named = new Set([...spec.matchAll(/`(test\/[\w./-]+)`/g)].map(([, path = '']) => path));

  it.each([...named])('%s exists', (path) => {
    expect(existsSync(join(library, path))).toBe(true);
  });

  it('that hold an invariant are named', () => {
    const citing = globSync('test/spec/*.test.ts', { cwd: library }).filter((path) => /\[I\d+\]/.test(sourceOf(path)));
    expect(citing.map((path) => path.replaceAll('\\', '/')).filter((path) => !named.has(path))).toEqual([]);
  });

  it('hold each invariant, and say so', () => {
    const rows = rowsOf('Invariants').filter(([name]) => /^I\d+$/.test(name ?? ''));
    expect(rows.map(([name]) => name)).toEqual(Array.from({ length: 15 }, (_, index) => `I${index + 1}`));
    for (const [name, , heldBy = ''] of rows) {
      const files = heldBy.match(/test\/[\w./-]+/g) ?? [];
      expect(files.length, name).toBeGreaterThan(0);
      const [first = ''] = files;
      expect(sourceOf(first), `${first} cites [${name}]`).toContain(`[${name}]`);
    }
  });
});

describe('what survives what', () => {
  const page = readFileSync(join(library, '..', '..', 'docs', 'what-survives-what.md'), 'utf8');
  const links = [...page.matchAll(/^\[([\w-]+)\]: (\S+) "(.+)"$/gm)].map(([, name = '', path = '', test = '']) => ({
    name,
    path,
    test,
  }));
  const linked = new Set([...page.matchAll(/\]\[([\w-]+)\]/g)].map(([, name = '']) => name));
  const [, ...rows] = page.split('\n').filter((line) => line.startsWith('| '));

  it('links to tests, each of them used, and none that is not there', () => {
    expect(linked.size).toBeGreaterThan(30);
    expect(links.map(({ name }) => name).toSorted()).toEqual([...linked].toSorted());
  });

  it.each(links)('$name: $test', ({ path, test }) => {
    expect(readFileSync(join(library, '..', '..', 'docs', path), 'utf8')).toContain(test);
  });

  it.each(rows.filter((row) => !/^\| (fault|what happens) \|/.test(row)))('%s', (row) => {
    const [fault, ...cells] = row.slice(2, -2).split(' | ');
    const unproved = cells.filter((cell) => !cell.includes('][') && !UNPROVED.has(cell));
    expect(unproved, fault).toEqual([]);
  });
});

// What is lost, and who has nothing to do, no test can show.
const UNPROVED: ReadonlySet<string> = new Set([
  '—',
  'no',
  'the same',
  'as if killed',
  'any worker that starts',
  'the run, which knows nothing of it',
]);

/** `60 s`, `64 MiB`, `16 Mi`, `0.7` as a number of milliseconds, bytes, or things. */
function numberOf(text: string): number {
  const [, digits = '', unit = ''] = /^([\d.]+)(?: (\w+))?$/.exec(text) ?? [];
  const factor = { '': 1, ms: 1, s: 1_000, KiB: 1024, MiB: 1024 ** 2, Mi: 1024 ** 2 }[unit];
  if (factor === undefined) throw new Error(`SPEC.md: no unit ${unit} in ${text}`);
  return Number(digits) * factor;
}

/** The number that a source gives to a name: as a constant, a default, or behind `??`. */
function numberIn(source: string, name: string): number {
  const given = new RegExp(`\\b${name}(?:: number)?\\s*(?:=|\\?\\?)\\s*([\\d_.]+(?: \\* [\\d_]+)*)`).exec(source)?.[1];
  if (given === undefined) throw new Error(`no number for ${name}`);
  return given.split(' * ').reduce((product, factor) => product * Number(factor.replaceAll('_', '')), 1);
}
