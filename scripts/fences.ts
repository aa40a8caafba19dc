// Code in the documents.
//   ```ts file=examples/01-hello.ts   holds exactly that file; `sync` writes it, `check` compares
//   ```sh run                          is executed by `run`, line by line, stopping at the first failure
// In README.md and docs/ every TypeScript fence must name its file, so that nothing there is unproved.
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bareEnvironment, command, root } from './command.ts';

const documents = globSync(['*.md', 'docs/**/*.md', 'examples/*.md', 'bench/*.md', 'packages/*/*.md'], {
  cwd: root,
}).sort();
const fence = /^```(?<language>\w+)(?<options>[^\n]*)\n(?<body>[\s\S]*?)^```$/gm;

const problems: string[] = [];
let found = 0;

function source(document: string, language: string, options: string): string | undefined {
  const path = /(?:^|\s)file=(\S+)/.exec(options)?.[1];
  if (path === undefined) {
    if (language === 'ts' && /^(README\.md|docs[/\\])/.test(document)) {
      problems.push(`${document}: a TypeScript fence without file=. Put the code in examples/ and name it.`);
    }
    return undefined;
  }
  found += 1;
  if (existsSync(join(root, path))) return readFileSync(join(root, path), 'utf8').trimEnd() + '\n';
  problems.push(`${document}: ${path} does not exist`);
  return undefined;
}

function walk(write: boolean): void {
  for (const document of documents) {
    const text = readFileSync(join(root, document), 'utf8');
    const synced = text.replaceAll(fence, (whole: string, language: string, options: string, body: string) => {
      const wanted = source(document, language, options);
      if (wanted === undefined || wanted === body) return whole;
      if (!write) problems.push(`${document}:${options} differs from the file. Run npm run docs:sync`);
      return `\`\`\`${language}${options}\n${wanted}\`\`\``;
    });
    if (write && synced !== text) {
      writeFileSync(join(root, document), synced);
      console.log(`wrote ${document}`);
    }
  }
  console.log(`${found} fences hold a file, in ${documents.length} documents`);
}

async function execute(): Promise<void> {
  for (const document of documents) {
    for (const { groups } of readFileSync(join(root, document), 'utf8').matchAll(fence)) {
      if (!/^(sh|bash)$/.test(groups?.['language'] ?? '') || !/\brun\b/.test(groups?.['options'] ?? '')) continue;
      found += 1;
      const script = groups?.['body'] ?? '';
      const result = await command('bash', ['-euc', script], { limitMs: 120_000, env: bareEnvironment() });
      console.log(`${result.ok ? 'ok  ' : 'FAIL'} ${document}: ${script.trim().replaceAll('\n', '; ')}`);
      if (!result.ok) problems.push(`${document}: ${result.ending}\n${result.output}`);
    }
  }
  console.log(`${found} shell fences executed`);
}

const mode = process.argv[2];
if (mode === 'sync') walk(true);
else if (mode === 'check') walk(false);
else if (mode === 'run') await execute();
else problems.push('Usage: node scripts/fences.ts sync | check | run');

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
