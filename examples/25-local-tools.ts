// A shell and an editor that a model may use: commands and patches run here, in a folder of their own, and what is dangerous is asked about first.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { Agent, applyDiff, applyPatchTool, type Editor, run, type Shell, shellTool } from 'tailrace';
import { assistantMessage, ScriptedModel } from 'tailrace/testing';

const folder = mkdtempSync(join(tmpdir(), 'tailrace-'));
writeFileSync(join(folder, 'greeting.txt'), 'Hello\nworld\n');

// Nothing stands between the model and what these two do: keep them in a folder, or better in a container.
const shell: Shell = {
  async run({ commands, timeoutMs = 5_000 }, details) {
    const output = [];
    for (const command of commands) {
      const { promise, resolve: settle } = Promise.withResolvers<[number | null, string, string]>();
      const signal = details?.signal ? { signal: details.signal } : {};
      execFile('/bin/sh', ['-c', command], { cwd: folder, timeout: timeoutMs, ...signal }, (error, stdout, stderr) => {
        settle([error ? (typeof error.code === 'number' ? error.code : null) : 0, stdout, stderr]);
      });
      const [exitCode, stdout, stderr] = await promise;
      output.push({ stdout, stderr, outcome: { type: 'exit' as const, exitCode } });
    }
    return { output };
  },
};

// A path comes from the model, too.
function inFolder(path: string): string {
  const full = resolve(folder, path);
  if (!full.startsWith(folder + sep)) throw new Error(`${path} is outside of the folder.`);
  return full;
}

const editor: Editor = {
  async createFile({ path, diff }) {
    writeFileSync(inFolder(path), applyDiff('', diff, 'create'));
    return { output: `Made ${path}.` };
  },
  async updateFile({ path, diff }) {
    writeFileSync(inFolder(path), applyDiff(readFileSync(inFolder(path), 'utf8'), diff));
  },
  async deleteFile({ path }) {
    rmSync(inFolder(path));
  },
};

const model = new ScriptedModel([
  [{ type: 'shell_call', callId: 'call_1', status: 'completed', action: { commands: ['cat greeting.txt'] } }],
  [
    {
      type: 'apply_patch_call',
      callId: 'call_2',
      status: 'completed',
      operation: { type: 'update_file', path: 'greeting.txt', diff: '@@\n Hello\n-world\n+tailrace\n' },
    },
    {
      type: 'apply_patch_call',
      callId: 'call_3',
      status: 'completed',
      operation: { type: 'update_file', path: '../elsewhere.txt', diff: '@@\n+x\n' },
    },
  ],
  [{ type: 'shell_call', callId: 'call_4', status: 'completed', action: { commands: ['rm greeting.txt'] } }],
  [assistantMessage('Changed.')],
]);
const agent = new Agent({
  name: 'Developer',
  model,
  tools: [
    shellTool({ shell, needsApproval: async (_context, { commands }) => commands.some((one) => /\brm\b/.test(one)) }),
    applyPatchTool({ editor }),
  ],
});

const asked = await run(agent, 'Greet tailrace, and tidy up.');
assert.equal(readFileSync(join(folder, 'greeting.txt'), 'utf8'), 'Hello\ntailrace\n');
for (const item of asked.newItems) if (item.type === 'tool_call_output_item') console.log(JSON.stringify(item.output));

// What somebody has to decide about is asked about as with any other tool.
const [removal] = asked.interruptions;
assert(removal?.rawItem.type === 'shell_call');
console.log(`waits: ${removal.name} ${removal.rawItem.action.commands.join(' && ')}`);
await asked.state.reject(removal, { message: 'Leave the file.' });
const result = await run(agent, asked.state);
console.log(result.finalOutput);
assert.equal(result.finalOutput, 'Changed.');
assert.equal(readFileSync(join(folder, 'greeting.txt'), 'utf8'), 'Hello\ntailrace\n');
assert.deepEqual(model.lastCall?.request.input.at(-1), {
  type: 'shell_call_output',
  callId: 'call_4',
  output: [{ stdout: '', stderr: 'Leave the file.', outcome: { type: 'exit', exitCode: null } }],
});
rmSync(folder, { recursive: true });
