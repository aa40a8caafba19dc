// The house as data: who may import whom, who may touch Node, and what no source file may hold.
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';
import { describe, expect, it } from 'vitest';

const library = join(import.meta.dirname, '..');
const maxLines = 300;

/** Left never imports right. A room may always import itself. */
const layers = ['base', 'event', 'port', 'log', 'agent', 'run', 'view', 'index'] as const;
const rooms: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(layers.map((layer, position) => [layer, layers.slice(0, position)])),
  model: ['base', 'event', 'port'],
  store: ['base', 'event', 'port'],
  ui: ['base', 'event', 'port', 'view'],
  otel: ['base', 'event', 'port'],
  // Servers as agents know them, over the protocol's own library.
  mcp: ['base', 'event', 'port', 'agent'],
  http: [...layers, 'runtime', 'client'],
  // For browsers: nothing of the server's but types of its own.
  client: [],
  react: ['client'],
  // Sessions that a provider keeps: between the adapters and what agents know of sessions.
  session: ['base', 'event', 'port', 'agent', 'model'],
  // Beside the runner: composes runs for whoever drives them.
  runtime: layers,
  testing: [...layers, 'model', 'session', 'store', 'http', 'runtime'],
};
/** The composition root: the files outside the rooms. */
const composition = ['index.ts', 'runner.ts', 'openai-tracing.ts'];
/** It may wire in the default model and nothing else from the adapters; and the runtime, which is composed of what it composes. */
const indexAlso = ['model', 'mcp', 'session', 'runtime'];

/** Packages that a room may import. */
const packages: Readonly<Record<string, readonly string[]>> = {
  '@standard-schema/spec': ['base', 'agent', 'run', 'event', 'port'],
  'eventsource-parser': ['base', 'model'],
  '@opentelemetry/api': ['otel'],
  react: ['react'],
  '@modelcontextprotocol/client': ['mcp'],
  '@modelcontextprotocol/client/stdio': ['mcp'],
};

/** Files that may import from Node, and what. Everything else runs wherever JavaScript runs. */
const node: Readonly<Record<string, readonly string[]>> = {
  'base/carrier.ts': ['node:async_hooks'],
  'base/hash.ts': ['node:crypto'],
  'store/sqlite.ts': ['node:sqlite'],
  'store/sqlite-connection.ts': ['node:sqlite'],
  'store/sqlite-delete.ts': ['node:sqlite'],
  'store/sqlite-open.ts': ['node:fs', 'node:path', 'node:sqlite'],
  'store/sqlite-leases.ts': ['node:sqlite'],
  'store/sqlite-list.ts': ['node:sqlite'],
  'store/sqlite-presence.ts': ['node:sqlite'],
  'store/sqlite-prune.ts': ['node:sqlite'],
  'store/sqlite-session.ts': ['node:sqlite'],
  'store/sqlite-statements.ts': ['node:sqlite'],
  'model/transport-node.ts': ['node:http', 'node:https', 'node:net', 'node:tls'],
  'view/web-stream.ts': ['node:stream'],
  'http/node-listener.ts': ['node:http'],
  'http/node-request.ts': ['node:http'],
  'view/trace/jsonl-trace-exporter.ts': ['node:fs/promises', 'node:path'],
};
const nodeRooms = ['testing'];

interface Import {
  readonly to: string;
  readonly line: number;
}

interface Findings {
  readonly imports: readonly Import[];
  readonly anys: readonly number[];
  readonly processListeners: readonly number[];
  readonly defaultExports: readonly number[];
  readonly wildcardExports: readonly number[];
}

function inspect(path: string, text: string): Findings {
  const { program, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} does not parse: ${errors[0]?.message}`);
  const line = (offset: number): number => text.slice(0, offset).split('\n').length;
  const found = {
    imports: [] as Import[],
    anys: [] as number[],
    processListeners: [] as number[],
    defaultExports: [] as number[],
    wildcardExports: [] as number[],
  };
  const imports = (source: { value: unknown; start: number }): void => {
    found.imports.push({ to: String(source.value), line: line(source.start) });
  };
  new Visitor({
    ImportDeclaration: (statement) => imports(statement.source),
    ImportExpression: (expression) => {
      if (expression.source.type === 'Literal') imports({ value: expression.source.value, start: expression.start });
    },
    TSImportType: (type) => imports(type.source),
    ExportNamedDeclaration: (statement) => {
      if (statement.source !== null) imports(statement.source);
    },
    ExportAllDeclaration: (statement) => {
      imports(statement.source);
      if (statement.exported === null && statement.exportKind === 'value')
        found.wildcardExports.push(line(statement.start));
    },
    ExportDefaultDeclaration: (statement) => void found.defaultExports.push(line(statement.start)),
    TSAnyKeyword: (type) => void found.anys.push(line(type.start)),
    CallExpression: ({ callee, start }) => {
      if (callee.type !== 'MemberExpression' || callee.computed) return;
      const { object, property } = callee;
      const onProcess = object.type === 'Identifier' && object.name === 'process';
      const listens = property.type === 'Identifier' && /^(on|once|(add|prepend).*Listener)$/.test(property.name);
      if (onProcess && listens) found.processListeners.push(line(start));
    },
  }).visit(program);
  return found;
}

const roomOf = (path: string): string => (path.includes('/') ? path.slice(0, path.indexOf('/')) : 'index');

/** What is wrong with a source file; `path` is relative to src, with slashes. */
function violations(path: string, text: string): string[] {
  const wrong: string[] = [];
  const room = roomOf(path);
  const mayImport = rooms[room];
  if (mayImport === undefined) return [`${path}: no room '${room}' in the table`];
  if (room === 'index' && !composition.includes(path))
    wrong.push(`${path}: only ${composition.join(', ')} lie outside a room`);
  if (/(^|[/-])(utils?|helpers?|common|manager|misc)\.ts$/.test(path))
    wrong.push(`${path}: name the one thing it holds`);

  const lines = text.split('\n').length - 1;
  // The root door is a list of names, as long as they are many.
  if (lines > maxLines && path !== 'index.ts') wrong.push(`${path}: ${lines} lines, at most ${maxLines}`);

  const { imports, anys, processListeners, defaultExports, wildcardExports } = inspect(path, text);
  for (const { to, line } of imports) {
    const at = `${path}:${line}: imports ${to}`;
    if (to.startsWith('node:')) {
      if (!nodeRooms.includes(room) && !(node[path] ?? []).includes(to))
        wrong.push(`${at}: not on the list of Node imports`);
    } else if (to.startsWith('.')) {
      const target = posix.join(posix.dirname(path), to);
      const targetRoom = roomOf(target);
      if (target.startsWith('..')) wrong.push(`${at}: leaves src`);
      else if (!to.endsWith('.ts')) wrong.push(`${at}: relative imports end in .ts`);
      else if (
        targetRoom !== room &&
        !mayImport.includes(targetRoom) &&
        !(room === 'index' && indexAlso.includes(targetRoom))
      )
        wrong.push(`${at}: ${room} may not import ${targetRoom}`);
    } else if (!(packages[to] ?? []).includes(room)) {
      wrong.push(`${at}: ${room} may not import this package`);
    }
  }
  for (const line of anys) wrong.push(`${path}:${line}: any`);
  for (const line of defaultExports) wrong.push(`${path}:${line}: default export`);
  if (room !== 'testing') for (const line of processListeners) wrong.push(`${path}:${line}: listens on process`);
  if (!/(^|\/)index\.ts$/.test(path)) for (const line of wildcardExports) wrong.push(`${path}:${line}: export *`);
  return wrong;
}

describe('the rules themselves', () => {
  const bad: readonly [rule: string, path: string, text: string, says: string][] = [
    [
      'a lower layer imports a higher one',
      'event/a.ts',
      "import { x } from '../run/loop.ts';",
      'event may not import run',
    ],
    ['types count', 'log/a.ts', "import type { X } from '../view/result.ts';", 'log may not import view'],
    ['so do import types', 'base/a.ts', "export type X = import('../event/item.ts').X;", 'base may not import event'],
    [
      'so do dynamic imports',
      'port/a.ts',
      "export const x = () => import('../log/run-log.ts');",
      'port may not import log',
    ],
    ['so do re-exports', 'agent/a.ts', "export { x } from '../run/loop.ts';", 'agent may not import run'],
    ['adapters do not see the run', 'model/a.ts', "import { x } from '../run/loop.ts';", 'model may not import run'],
    ['Node is on a list', 'run/a.ts', "import { x } from 'node:fs';", 'not on the list'],
    ['so are packages', 'agent/a.ts', "import { z } from 'zod';", 'may not import this package'],
    ['any', 'run/a.ts', 'export const x = (y: any): number => Number(y);', 'any'],
    ['process listeners', 'run/a.ts', "process.once('SIGINT', () => {});", 'listens on process'],
    ['long files', 'run/a.ts', '\n'.repeat(maxLines + 1), `at most ${maxLines}`],
    ['extensions', 'run/a.ts', "import { x } from './b.js';", 'end in .ts'],
    ['drawers', 'run/stream-utils.ts', '', 'name the one thing'],
    ['default exports', 'run/a.ts', 'export default 1;', 'default export'],
    ['wildcard exports', 'run/a.ts', "export * from './b.ts';", 'export *'],
    ['unknown rooms', 'attic/a.ts', '', 'no room'],
  ];
  it.each(bad)('%s', (_rule, path, text, says) => {
    expect(violations(path, text).join('\n')).toContain(says);
  });

  it('let a proper file pass', () => {
    const text =
      "import type { X } from '../base/json.ts';\nimport { y } from './fold.ts';\nexport const z: X = y();\n";
    expect(violations('event/a.ts', text)).toEqual([]);
  });
});

describe('the house', () => {
  const sources = globSync('**/*.ts', { cwd: join(library, 'src') }).map((name) => name.split(sep).join('/'));

  it('has no violation', () => {
    expect(sources).not.toHaveLength(0);
    expect(sources.flatMap((path) => violations(path, readFileSync(join(library, 'src', path), 'utf8')))).toEqual([]);
  });

  it('has no stale entry in its lists', () => {
    expect(Object.keys(node).filter((path) => !sources.includes(path))).toEqual([]);
  });

  it('is entered through its doors only', () => {
    const root = join(library, '..', '..');
    const outside = globSync(['packages/*/{src,test}/**/*.ts', '{compat,bench,examples}/**/*.ts'], {
      cwd: root,
      exclude: (name) => name === 'node_modules',
    }).filter((name) => !name.startsWith(join('packages', 'tailrace')));
    const burglars = outside.flatMap((name) =>
      inspect(name, readFileSync(join(root, name), 'utf8'))
        .imports.filter(({ to }) => to.startsWith('.'))
        .filter(({ to }) => relative(library, join(root, dirname(name), to)).split(sep)[0] !== '..')
        .map(({ to, line }) => `${name}:${line}: imports ${to}`),
    );
    expect(burglars).toEqual([]);
  });

  it('adds no listener to the process and keeps nothing running when it is imported', () => {
    const { exports } = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8')) as {
      exports: Record<string, { '@tailrace/source'?: string }>;
    };
    const doors = Object.values(exports).flatMap((door) => door['@tailrace/source'] ?? []);
    const program = `
      process.removeAllListeners('warning');
      const count = () => process.eventNames().map((name) => [name, process.listenerCount(name)]);
      const before = JSON.stringify(count());
      for (const door of ${JSON.stringify(doors.filter((door) => existsSync(join(library, door))))}) await import(door);
      console.log(JSON.stringify({ before, after: JSON.stringify(count()), running: process.getActiveResourcesInfo() }));`;
    const output = execFileSync('node', ['--input-type=module', '-e', program], { cwd: library, encoding: 'utf8' });
    const { before, after, running } = JSON.parse(output) as { before: string; after: string; running: string[] };
    expect(after).toBe(before);
    expect(running.filter((resource) => !/^(PipeWrap|TTYWrap|CloseReq)$/.test(resource))).toEqual([]);
  });
});
