#!/usr/bin/env node
// The sources are run as they are; this chooses the Node that can, and the condition under which the packages give them.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const main = join(import.meta.dirname, 'src', 'main.ts');
const child = spawn(process.execPath, ['--conditions=@tailrace/source', main, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  if (signal) process.kill(process.pid, signal);
  else process.exitCode = code ?? 1;
});
