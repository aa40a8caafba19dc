// The client scenarios of the protocol's own conformance suite, driven against our classes.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const bin = join(import.meta.dirname, '../../../../node_modules/@modelcontextprotocol/conformance/dist/index.js');
const program = `${process.execPath} --conditions=@tailrace/source ${join(import.meta.dirname, 'conformance-client.ts')}`;

const passed = ['initialize', 'tools_call', 'sse-retry'];
/** Why a scenario says nothing about this client. */
const notApplicable: Readonly<Record<string, string>> = {
  'elicitation-sep1034-client-defaults': 'A server asks nothing of this process: the client declares no elicitation.',
  'auth/': 'OAuth is the library’s: an authProvider is handed to it as it is.',
};

describe('@modelcontextprotocol/conformance', () => {
  it.each(passed)(
    '%s',
    async (scenario) => {
      const folder = await mkdtemp(join(tmpdir(), 'tailrace-conformance-'));
      try {
        const args = ['client', '--command', program, '--scenario', scenario, '--timeout', '30000', '-o', folder];
        const { stdout, stderr } = await run(process.execPath, [bin, ...args], { timeout: 45_000 });
        expect(`${stdout}${stderr}`).toMatch(/Passed: [1-9]\d*\/[1-9]\d*, 0 failed, 0 warnings/);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    60_000,
  );

  it('has no other scenario that this client could be held to', async () => {
    const { stdout } = await run(process.execPath, [bin, 'list', '--client'], { timeout: 50_000 });
    const scenarios = [...stdout.matchAll(/^ {2}- (\S+) /gm)].map(([, name]) => name as string);
    expect(scenarios.length).toBeGreaterThan(20);
    const open = scenarios.filter(
      (name) => !passed.includes(name) && !Object.keys(notApplicable).some((prefix) => name.startsWith(prefix)),
    );
    expect(open).toEqual([]);
  }, 60_000);
});
