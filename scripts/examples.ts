// Runs every examples/NN-name.ts against the sources: no network, no keys, an empty working directory, a time limit.
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { bareEnvironment, command, root } from './command.ts';

const limitMs = 30_000;
const examples = globSync('examples/[0-9][0-9]-*.ts', { cwd: root }).sort();
const guard = join(root, 'scripts', 'no-network.ts');

let failed = 0;
for (const example of examples) {
  const cwd = mkdtempSync(join(tmpdir(), 'tailrace-example-'));
  const began = performance.now();
  const args = ['--conditions=@tailrace/source', `--import=${guard}`, join(root, example)];
  const result = await command('node', args, { cwd, limitMs, env: bareEnvironment() });
  rmSync(cwd, { recursive: true, force: true });
  const silent = result.output.trim() === '';
  const ending = result.ok && silent ? 'printed nothing' : result.ending;
  console.log(
    `${result.ok && !silent ? 'ok  ' : 'FAIL'} ${basename(example)} ${Math.round(performance.now() - began)} ms, ${ending}`,
  );
  if (!result.ok || silent) {
    failed += 1;
    console.log(result.output);
  }
}
console.log(`${examples.length - failed} of ${examples.length} examples ended well`);
if (failed > 0 || examples.length === 0) process.exit(1);
