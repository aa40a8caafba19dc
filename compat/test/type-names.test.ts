/** The names that `@openai/agents` declares and Tailrace does not: types have no names at run time, so their declarations are read. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { absentNames, absentTypeNames } from '../src/names.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a module exports, through `export *` also of other files and packages. */
function exported(file: string, seen = new Set<string>()): Set<string> {
  const names = new Set<string>();
  if (seen.has(file)) return names;
  seen.add(file);
  const text = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  for (const [, list = ''] of text.matchAll(/export (?:type )?\{([^}]*)\}/g)) {
    for (const entry of list.split(',')) {
      const name = entry.trim().split(/\s+/).at(-1) ?? '';
      if (name !== '') names.add(name);
    }
  }
  for (const [, name = ''] of text.matchAll(
    /export (?:declare )?(?:abstract )?(?:const|class|function|type|interface|enum) (\w+)/g,
  )) {
    names.add(name);
  }
  for (const [, name = ''] of text.matchAll(/export \* as (\w+)/g)) names.add(name);
  for (const [, from = ''] of text.matchAll(/export \* from ['"]([^'"]+)['"]/g)) {
    for (const name of exported(declarations(file, from), seen)) names.add(name);
  }
  return names;
}

function declarations(file: string, from: string): string {
  if (!from.startsWith('.')) return join(root, 'node_modules', from, 'dist/index.d.ts');
  const path = join(dirname(file), from.replace(/\.m?js$/, ''));
  return existsSync(`${path}.d.ts`) ? `${path}.d.ts` : join(path, 'index.d.ts');
}

it('every type of @openai/agents is there by its name, or its absence is explained', () => {
  const theirs = exported(join(root, 'node_modules/@openai/agents/dist/index.d.ts'));
  const ours = exported(join(root, 'packages/tailrace/src/index.ts'));
  expect(theirs.size).toBeGreaterThan(400);
  const explained = [...absentNames, ...absentTypeNames].flatMap(({ names }) => names);
  expect([...theirs].filter((name) => !ours.has(name)).toSorted()).toEqual(explained.toSorted());
});

it('the members of every type that both have are compared', () => {
  const theirs = exported(join(root, 'node_modules/@openai/agents/dist/index.d.ts'));
  const ours = exported(join(root, 'packages/tailrace/src/index.ts'));
  const compared = readFileSync(join(root, 'compat/types/members.test-d.ts'), 'utf8');
  const names = [...theirs].filter((name) => ours.has(name) && /^[A-Z].*[a-z]/.test(name));
  expect(names.length).toBeGreaterThan(300);
  const left = names.filter((name) => !new RegExp(`\\bReference\\.${name}\\b`).test(compared));
  // The name of a value alone.
  expect(left).toEqual(['ToolGuardrailFunctionOutputFactory']);
});
