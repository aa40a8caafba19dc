// I4: a run that is over is over: it holds neither memory, nor a timer, nor a socket, nor the caller's signal, nor the process.
import { execFile } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { Runner, setTraceProcessors } from '../../src/index.ts';
import { startCleanRunProbe, startWireServer } from '../../src/testing/index.ts';
import { stalling } from './course.ts';
import { FLOWS } from './flows.ts';
import { drained } from './played.ts';

afterEach(() => setTraceProcessors([]));

interface Report {
  watched: number;
  alive: string[];
  listeners: number;
  imported: unknown[];
  resources: string[];
}

describe('a process whose runs are over', () => {
  it('[F117] [I4] keeps nothing of them that can be reached, agents neither, and ends by itself', async () => {
    await using server = await startWireServer();
    const program = fileURLToPath(new URL('retained.ts', import.meta.url));
    // Killed when it hangs: then execFile rejects.
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--expose-gc', program, server.url], {
      timeout: 50_000,
    });
    const report = JSON.parse(stdout) as Report;
    expect(stderr).toBe('');
    expect(report.watched).toBeGreaterThan(1_000);
    expect(report).toEqual({ watched: report.watched, alive: [], listeners: 0, imported: [], resources: [] });
    // Its idle connections were there to be used again, and went with it.
    expect(new Set(server.requests.map(({ connection }) => connection)).size).toBe(1);
    await expect.poll(() => server.openConnections).toBe(0);
  }, 60_000);
});

describe('a signal that many runs share', () => {
  it('[I4] has none of their listeners afterwards, and stops those that go on', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    const caller = new AbortController();
    const probe = startCleanRunProbe({ signal: caller.signal });
    setTraceProcessors([probe.traces]);
    const runner = new Runner();
    for (let round = 0; round < 20; round++)
      for (const flow of FLOWS) {
        await runner.run(flow.agent(), 'Go', { signal: caller.signal });
        expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
      }
    const going = await Promise.all(
      Array.from({ length: 50 }, (_, at) => {
        const flow = FLOWS[at % FLOWS.length] ?? FLOWS[0];
        if (!flow) throw new Error('no flow');
        const agent = flow.agent({ steps: stalling(flow, at % flow.turns, 2) });
        return runner.run(agent, 'Go', { signal: caller.signal, stream: true });
      }),
    );
    const read = going.map((result) => drained(result));
    await new Promise((resolve) => setTimeout(resolve, 20));
    caller.abort(new Error('enough'));
    await Promise.all(read);
    expect(going.every(({ cancelled }) => cancelled)).toBe(true);
    expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
    await expect.poll(() => probe.violations()).toEqual([]);
    probe[Symbol.dispose]();
    process.off('warning', onWarning);
    expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([]);
  });
});
