// The same tests with more rounds. Tests read TAILRACE_ROUNDS; a line that a test prints and that begins with
// `figure:` is kept in bench/TEST-LONG.md.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, relative } from 'node:path';
import { command, root } from './command.ts';

const json = join(root, '.check', 'vitest-long.json');
mkdirSync(join(root, '.check'), { recursive: true });
const began = performance.now();
const reporters = ['--reporter=verbose', '--reporter=json', `--outputFile.json=${json}`, '--testTimeout=1800000'];
const result = await command('vitest', ['run', '--disable-console-intercept', ...reporters, ...process.argv.slice(2)], {
  env: { TAILRACE_ROUNDS: 'long', NO_COLOR: '1' },
  limitMs: 4 * 3_600_000,
});
console.log(result.output);

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  testResults: { name: string; startTime: number; endTime: number; assertionResults: { status: string }[] }[];
}
const report = JSON.parse(readFileSync(json, 'utf8')) as Report;
const figures = [
  ...result.output.matchAll(/^\s*(?:figure: (.*)|(.*: \d[\d,]* (?:cells|rounds|programs|schedules)\b.*))$/gm),
].map(([, figure, line]) => `- ${figure ?? line}`);
const files = report.testResults
  .map(({ name, startTime, endTime, assertionResults }) => ({
    name: relative(root, name),
    seconds: (endTime - startTime) / 1000,
    tests: assertionResults.length,
  }))
  .sort((a, b) => b.seconds - a.seconds);

const page = `# The long test run

Written by \`npm run test:long\`: all tests with TAILRACE_ROUNDS=long. Node ${process.versions.node}, ${cpus().length} cores.

${report.numPassedTests} passed, ${report.numFailedTests} failed, in ${((performance.now() - began) / 1000).toFixed(0)} s.

## Figures that tests print

${figures.length > 0 ? figures.join('\n') : '(none)'}

## Files

| seconds | tests | file |
|---:|---:|---|
${files.map(({ name, seconds, tests }) => `| ${seconds.toFixed(1)} | ${tests} | ${name} |`).join('\n')}
`;
writeFileSync(join(root, 'bench', 'TEST-LONG.md'), page);
console.log('wrote bench/TEST-LONG.md');
if (!result.ok) process.exit(1);
