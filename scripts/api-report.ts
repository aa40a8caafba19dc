// The public API as text: per door every exported name with its declaration, comments left out. The committed reports
// in packages/tailrace/api are compared by a test, so that a change of the API is always a change that someone sees.
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { parseSync, type Program } from 'oxc-parser';
import { root, succeed } from './command.ts';

const library = join(root, 'packages', 'tailrace');
const reports = join(library, 'api');

interface Module {
  readonly path: string;
  readonly text: string;
  readonly program: Program;
  readonly comments: readonly { start: number; end: number }[];
}

/** Exported name → its declaration. */
type Exports = Map<string, string>;

class Declarations {
  readonly #modules = new Map<string, Module>();

  exportsOf(path: string): Exports {
    const module = this.#open(path);
    const exports: Exports = new Map();
    for (const statement of module.program.body) {
      if (statement.type === 'ExportAllDeclaration') {
        const from = this.#resolve(module, statement.source.value);
        const all = from === undefined ? new Map<string, string>() : this.exportsOf(from);
        if (statement.exported === null) for (const [name, text] of all) exports.set(name, text);
        else exports.set(nameOf(statement.exported), namespace(nameOf(statement.exported), all));
      } else if (statement.type === 'ExportNamedDeclaration') {
        if (statement.declaration !== null) {
          for (const name of declaredNames(statement.declaration)) {
            exports.set(name, [exports.get(name), this.#textOf(module, statement)].filter(Boolean).join('\n'));
          }
        }
        for (const { local, exported } of statement.specifiers) {
          const from = statement.source === null ? undefined : statement.source.value;
          exports.set(nameOf(exported), this.#find(module, nameOf(local), nameOf(exported), from));
        }
      }
    }
    return exports;
  }

  /** The declaration of `local`, as `module` sees it or as `from` exports it. */
  #find(module: Module, local: string, exported: string, from: string | undefined): string {
    if (from !== undefined) {
      const path = this.#resolve(module, from);
      const text = path === undefined ? `export { ${local} } from '${from}';` : this.exportsOf(path).get(local);
      if (text === undefined) throw new Error(`${module.path}: ${from} does not export ${local}`);
      return local === exported ? text : `// as ${exported}\n${text}`;
    }
    const declared: string[] = [];
    for (const statement of module.program.body) {
      if (statement.type === 'ImportDeclaration') {
        for (const specifier of statement.specifiers) {
          if (specifier.local.name !== local) continue;
          if (specifier.type === 'ImportSpecifier')
            return this.#find(module, nameOf(specifier.imported), exported, statement.source.value);
          const path = this.#resolve(module, statement.source.value);
          return path === undefined
            ? `export * as ${exported} from '${statement.source.value}';`
            : namespace(exported, this.exportsOf(path));
        }
      } else if (declaredNames(statement).includes(local)) {
        declared.push(this.#textOf(module, statement));
      }
    }
    if (declared.length === 0) throw new Error(`${module.path}: nothing declares ${local}`);
    return declared.join('\n');
  }

  #open(path: string): Module {
    const known = this.#modules.get(path);
    if (known !== undefined) return known;
    const text = readFileSync(path, 'utf8');
    const { program, comments } = parseSync(path, text);
    const module = { path, text, program, comments };
    this.#modules.set(path, module);
    return module;
  }

  #resolve(module: Module, specifier: string): string | undefined {
    if (!specifier.startsWith('.')) return undefined;
    return join(dirname(module.path), specifier.replace(/\.(ts|js)$/, '.d.ts'));
  }

  #textOf(module: Module, { start, end }: { start: number; end: number }): string {
    let text = '';
    let at = start;
    for (const comment of module.comments) {
      if (comment.start < start || comment.end > end) continue;
      text += module.text.slice(at, comment.start);
      at = comment.end;
    }
    text += module.text.slice(at, end);
    return text
      .replaceAll(/[ \t]+$/gm, '')
      .replaceAll(/\n{2,}/g, '\n')
      .replace(/^export declare |^declare /, 'export ');
  }
}

function nameOf(name: { type: string; name?: string; value?: unknown }): string {
  return name.type === 'Literal' ? String(name.value) : String(name.name);
}

function declaredNames(statement: Program['body'][number]): string[] {
  switch (statement.type) {
    case 'VariableDeclaration':
      return statement.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? id.name : []));
    case 'FunctionDeclaration':
    case 'TSDeclareFunction':
    case 'ClassDeclaration':
      return statement.id === null ? [] : [statement.id.name];
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
      return [statement.id.name];
    default:
      return [];
  }
}

function namespace(name: string, exports: Exports): string {
  const lines = sorted(exports).flatMap((text) => text.split('\n'));
  return [`export namespace ${name} {`, ...lines.map((line) => `    ${line}`), '}'].join('\n');
}

function sorted(exports: Exports): string[] {
  return [...exports].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
}

/** File name → report, one for each door of package.json. */
export async function apiReports(): Promise<Map<string, string>> {
  const out = mkdtempSync(join(tmpdir(), 'tailrace-api-'));
  try {
    const project = join(library, 'tsconfig.build.json');
    await succeed('tsc', ['-p', project, '--emitDeclarationOnly', '--declarationMap', 'false', '--outDir', out], {
      limitMs: 120_000,
    });
    const { exports } = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8')) as {
      exports: Record<string, { types?: string }>;
    };
    const declarations = new Declarations();
    const found = new Map<string, string>();
    for (const [door, { types }] of Object.entries(exports)) {
      if (types === undefined) continue;
      const list = declarations.exportsOf(join(out, types.replace('./dist/', '')));
      const title = `# ${posix.join('tailrace', door)}\n\n${list.size} names. Written by \`npm run api:update\`.\n`;
      const body = sorted(list).map((text) => `\`\`\`ts\n${text}\n\`\`\`\n`);
      found.set(`${door === '.' ? 'tailrace' : door.slice(2)}.api.md`, [title, ...body].join('\n'));
    }
    return found;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

export function committedReports(): Map<string, string> {
  return new Map(
    globSync('*.api.md', { cwd: reports }).map((name) => [name, readFileSync(join(reports, name), 'utf8')]),
  );
}

if (import.meta.main && process.argv[2] === 'update') {
  const found = await apiReports();
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  for (const [name, text] of found) writeFileSync(join(reports, name), text);
  console.log(`wrote ${[...found.keys()].join(', ')} to packages/tailrace/api`);
}
