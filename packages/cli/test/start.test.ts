import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunEvent } from 'tailrace';
import { logViolations, startWireServer } from 'tailrace/testing';
import { describe, expect, it } from 'vitest';
import { Workplace } from './command.ts';

const QUESTION = 'What is 17% of 2,340, and what time is it in Oslo?';
const DEMO = ['--model', 'offline-demo'];
const MANY_TIMES = `What time is it in ${'Oslo, Tokyo, Lima, Paris, Rome, London, Madrid, Berlin, Vienna, Zurich, Athens, Cairo'}?`;

const eventsOf = (ndjson: string): RunEvent[] =>
  ndjson
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent);
const runIdIn = (text: string): string => /\b(run_[0-9a-f]{32})\b/.exec(text)?.[1] ?? 'none';

describe.concurrent('one question', () => {
  it('is answered with calls, a handoff, a trace, the run id, and where the log lies', async () => {
    using place = new Workplace();
    const { code, stdout, stderr } = await place.run([...DEMO, QUESTION]);
    expect([code, stderr]).toEqual([0, '']);
    const order = [
      'model: offline-demo (not a language model); chosen with --model',
      '→ calculate(expression: "17% * 2340")',
      '← 17% * 2340 = 397.8',
      '⇒ Assistant hands over to Clock',
      '→ current_time(place: "Oslo")',
      '← In Oslo it is ',
      'Clock: 17% * 2340 = 397.8. In Oslo it is ',
      '[offline-demo (not a language model)]',
      'completed',
      'handoff Assistant → Clock',
      'log .tailrace/tailrace.db',
    ];
    const places = order.map((text) => stdout.indexOf(text));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    expect(existsSync(join(place.path, '.tailrace', 'tailrace.db'))).toBe(true);
    expect(stdout).not.toMatch(/\u001b/);

    const shown = await place.run(['--show', runIdIn(stdout)]);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toBe(`> ${QUESTION}\n${stdout.slice(stdout.indexOf('\n') + 1)}`);
  });

  it('may be several arguments', async () => {
    using place = new Workplace();
    const { code, stdout } = await place.run([...DEMO, 'what', 'is', '2+3']);
    expect([code, stdout.includes('2 + 3 = 5')]).toEqual([0, true]);
  });

  it('gives its events as JSON and nothing else, live and stored', async () => {
    using place = new Workplace();
    const { code, stdout, stderr } = await place.run([...DEMO, '--json', QUESTION]);
    expect(code).toBe(0);
    const events = eventsOf(stdout);
    expect(logViolations(events)).toEqual([]);
    expect(events.at(-1)).toMatchObject({ type: 'run.completed', usage: { totalTokens: 0 } });
    expect(stderr).toMatch(/^model: offline-demo \(not a language model\)/);
    const stored = await place.run(['--json', '--show', events[0]?.run ?? '']);
    expect(stored.stdout).toBe(stdout);
  });
});

describe.concurrent('standard input', () => {
  it('is one conversation, a turn a line', async () => {
    using place = new Workplace();
    const input = 'What time is it?\n\n  \nOslo\nand in Tokyo?\nWhat is 3 * 4?\n';
    const { code, stdout } = await place.run(DEMO, { input });
    expect(code).toBe(0);
    const order = [
      'I still need: place',
      '(place: "Oslo")',
      '(place: "Tokyo")',
      'hands over to Assistant',
      '3 * 4 = 12',
    ];
    const places = order.map((text) => stdout.indexOf(text));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    expect(stdout.match(/log \.tailrace\/tailrace\.db/g)).toHaveLength(4);
  });

  it('may hold nothing', async () => {
    using place = new Workplace();
    expect((await place.run(DEMO)).code).toBe(0);
  });

  it('is read to the end although a turn fails', async () => {
    using place = new Workplace();
    await using server = await startWireServer({
      script: [{ status: 400, body: { error: { message: 'no' } } }, { steps: [{ type: 'text', text: 'hello' }] }],
    });
    const { code, stdout } = await place.run(['--model', 'm'], {
      input: 'one\ntwo\n',
      env: { OPENAI_BASE_URL: server.url },
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ failed \[MODEL_BAD_REQUEST\][^]*Assistant: hello/);
  });
});

describe.concurrent('Ctrl-C', () => {
  it('cancels the run, which ends clean and can be shown', async () => {
    using place = new Workplace();
    const running = place.start([...DEMO, '--json', MANY_TIMES]);
    await running.shows('"text":"Tokyo ');
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    expect(code).toBe(130);
    const events = eventsOf(stdout);
    expect(logViolations(events)).toEqual([]);
    expect(events.at(-1)).toMatchObject({ type: 'run.cancelled', reason: 'Ctrl-C' });
    expect(stderr).toMatch(/cancelled/);
    const shown = await place.run(['--show', runIdIn(stderr)]);
    expect(shown.stdout).toMatch(/■ cancelled: Ctrl-C/);
  });

  it('twice leaves at once', async () => {
    using place = new Workplace();
    await using server = await startWireServer({ script: [{ headDelayMs: 60_000 }] });
    const running = place.start(['--model', 'm', 'hi'], { OPENAI_BASE_URL: server.url });
    await running.shows('model: ');
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    running.child.kill('SIGINT');
    running.child.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
  });

  it('closes the connection to the model', async () => {
    using place = new Workplace();
    await using server = await startWireServer({
      script: [{ steps: [{ type: 'text', text: 'never ending' }], delivery: { stall: { afterEvents: 2 } } }],
    });
    const running = place.start(['--model', 'm', 'hi'], { OPENAI_BASE_URL: server.url });
    await running.shows('Assistant: ');
    running.child.kill('SIGINT');
    const { code, stdout } = await running.ended;
    expect([code, stdout.includes('■ cancelled: Ctrl-C')]).toEqual([130, true]);
    expect(await server.requests[0]?.finished).toBe('left');
  });
});

describe.concurrent('--resume', () => {
  it('goes on with a run that was killed in the middle of its answer', async () => {
    using place = new Workplace();
    await using server = await startWireServer({
      script: [
        { steps: [{ type: 'tool_call', name: 'calculate', arguments: { expression: '6*7' } }] },
        {
          steps: [{ type: 'text', text: ['It is ', 'surely 42.'] }],
          delivery: { stall: { afterEvents: 2 } },
        },
        { steps: [{ type: 'text', text: 'Forty-two.' }] },
      ],
    });
    const env = { OPENAI_BASE_URL: server.url };
    const running = place.start(['--model', 'm', 'what is 6*7'], env);
    await running.shows('Assistant: It is ');
    running.child.kill('SIGKILL');
    expect((await running.ended).signal).toBe('SIGKILL');

    const { code, stdout } = await place.run(['--model', 'm', '--resume'], { env });
    expect(code).toBe(0);
    const order = [
      '> what is 6*7',
      '→ calculate(expression: "6*7")',
      'Assistant: It is ',
      '… taken up again after its process ended',
      '! trying again: what follows replaces the unfinished text above',
      'Assistant: Forty-two.',
    ];
    const places = order.map((text) => stdout.indexOf(text));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    expect(stdout.match(/→ calculate/g)).toHaveLength(1);
    expect(server.requests).toHaveLength(3);

    const shown = await place.run(['--json', '--show', runIdIn(stdout)]);
    const events = eventsOf(shown.stdout);
    expect(logViolations(events)).toEqual([]);
    expect(events.filter(({ type }) => type === 'tool.called')).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'run.started')).toHaveLength(1);
    const spans = new Set(events.flatMap((event) => (event.type === 'span.started' ? [event.span] : [])));
    const ended = events.flatMap((event) => (event.type === 'span.ended' ? [event.span] : []));
    expect(ended.toSorted()).toEqual([...spans].toSorted());
  });

  it('leaves a run alone that another process goes on with: of several, one takes it', async () => {
    using place = new Workplace();
    await using server = await startWireServer({
      script: [
        { steps: [{ type: 'text', text: ['It is ', 'surely 42.'] }], delivery: { stall: { afterEvents: 2 } } },
        { steps: [{ type: 'text', text: ['Forty', '-two.'] }], delivery: { stall: { afterEvents: 2 } } },
      ],
    });
    const env = { OPENAI_BASE_URL: server.url };
    const running = place.start(['--model', 'm', 'what is 6*7'], env);
    await running.shows('Assistant: It is ');
    const live = await place.run(['--model', 'm', '--resume'], { env });
    expect([live.code, live.stdout]).toEqual([1, expect.stringContaining('Another process goes on with run')]);
    running.child.kill('SIGKILL');
    await running.ended;
    const heirs = [1, 2, 3].map(() => place.start(['--model', 'm', '--resume'], env));
    const refused = await Promise.race(
      heirs.map(async (_, index) =>
        Promise.all(heirs.filter((_, other) => other !== index).map(async (heir) => heir.ended)),
      ),
    );
    for (const { code, stdout } of refused)
      expect([code, stdout]).toEqual([1, expect.stringContaining('Another process goes on with run')]);
    await Promise.any(heirs.map(async (heir) => heir.shows('Assistant: Forty')));
    expect(server.requests).toHaveLength(2);
    for (const heir of heirs) heir.child.kill('SIGKILL');
    await Promise.all(heirs.map(async (heir) => heir.ended));
  });

  it('takes the run that is named, and says why there is none to take', async () => {
    using place = new Workplace();
    const none = await place.run([...DEMO, '--resume']);
    expect([none.code, none.stdout]).toEqual([1, expect.stringContaining('No run is without its end')]);
    const { stdout } = await place.run([...DEMO, 'what is 2+3']);
    const ended = await place.run([...DEMO, '--resume', runIdIn(stdout)]);
    expect([ended.code, ended.stdout]).toEqual([1, expect.stringContaining('has its end')]);
    const unknown = await place.run([...DEMO, '--resume', 'run_1']);
    expect([unknown.code, unknown.stdout]).toEqual([1, expect.stringContaining("There is no run 'run_1'")]);
  });
});

it('ends quietly when nobody reads its output any more', async () => {
  using place = new Workplace();
  const running = place.start([...DEMO, MANY_TIMES]);
  await running.shows('→ current_time');
  running.child.stdout?.destroy();
  const { code, stderr } = await running.ended;
  expect([code, stderr]).toEqual([0, '']);
});

describe.concurrent('wrong usage', () => {
  it.each([
    [['--bogus'], 2, /Unknown option --bogus. Known are --model/],
    [['--show'], 2, /--show/],
    [['--model', ' ', 'hi'], 2, /--model needs a value/],
    [['--show', 'run_1', 'hi'], 2, /takes no question/],
    [['--resume', '--show', 'run_1'], 2, /do not go together/],
    [['--resume', 'run_1', 'hi'], 2, /--resume takes the id of one run/],
    [['--show', 'no-such-run'], 1, /There is no run 'no-such-run'/],
    [['--show', '../\u001b[2J'], 1, /There is no run '\.\.\/\\u001b\[2J'/],
  ])('%j ends with code %d and says why', async (args, code, message) => {
    using place = new Workplace();
    const ended = await place.run(args);
    expect(ended.code).toBe(code);
    expect(ended.stdout + ended.stderr).toMatch(message);
  });

  it('a log that cannot be opened is said in one line', async () => {
    using place = new Workplace();
    writeFileSync(join(place.path, '.tailrace'), 'a file, no folder');
    const { code, stderr } = await place.run([...DEMO, 'hi']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^.*tailrace\.db.* \[STORE_FAILED\]\n$/);
  });

  it('--help explains all of it', async () => {
    using place = new Workplace();
    const { code, stdout } = await place.run(['--help']);
    expect(code).toBe(0);
    for (const part of ['--model', '--show', '--json', 'each line', 'Ctrl-C', '130']) expect(stdout).toContain(part);
    expect(existsSync(join(place.path, '.tailrace'))).toBe(false);
  });
});

describe('the model', () => {
  it('is the one of the environment, and answers through it', async () => {
    using place = new Workplace();
    await using server = await startWireServer({
      script: [
        { steps: [{ type: 'tool_call', name: 'calculate', arguments: { expression: '6*7' } }] },
        { steps: [{ type: 'text', text: ['It is ', '42.\u001b[2J'] }], usage: { input: 3, output: 2 } },
      ],
    });
    const { code, stdout } = await place.run(['what is 6*7'], {
      env: { OPENAI_API_KEY: 'sk-canary', OPENAI_BASE_URL: server.url },
    });
    expect(code).toBe(0);
    expect(stdout).toContain(`model: scripted at ${server.url} (OPENAI_API_KEY, OPENAI_BASE_URL)`);
    expect(stdout).toContain('← 6*7 = 42\nAssistant: It is 42.\\u001b[2J\n');
    expect(stdout).not.toContain('sk-canary');
    expect(server.requests.map(({ body }) => body?.model)).toEqual(['scripted', 'scripted']);
    expect(server.requests[0]?.headers['authorization']).toBe('Bearer sk-canary');
  });

  it('fails with a code and without a key in sight', async () => {
    using place = new Workplace();
    await using server = await startWireServer({
      script: () => ({ status: 401, body: { error: { message: 'Incorrect API key provided: sk-canary' } } }),
    });
    const ended = await place.run(['hi'], { env: { OPENAI_API_KEY: 'sk-canary', OPENAI_BASE_URL: server.url } });
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(/✗ failed \[MODEL_AUTH\]/);
    expect(ended.stdout + ended.stderr).not.toContain('sk-canary');
  });

  it('is a server found on this machine', async () => {
    await using server = await startWireServer({
      models: ['found-model'],
      script: [{ steps: [{ type: 'text', text: 'found you' }] }],
    });
    using place = new Workplace();
    const { port } = new URL(server.url);
    const ended = await place.run(['hi'], { env: { TAILRACE_LOCAL_SERVERS: `gone=1,mine=${port}` } });
    expect(ended.stdout).toContain(`model: found-model at http://127.0.0.1:${port}/v1 (mine, found on this machine)`);
    expect(ended.stdout).toContain('Assistant: found you');
  });

  it('is not looked for at what is no URL', async () => {
    using place = new Workplace();
    const ended = await place.run(['hi'], { env: { OPENAI_BASE_URL: '127.0.0.1:8080/v1' } });
    expect([ended.code, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr).toMatch(/^OPENAI_BASE_URL is not the URL of a server: .*\n$/);
  });

  it('that fails is said to once for each attempt, and once in the trace', async () => {
    using place = new Workplace();
    await using server = await startWireServer({ script: () => ({ status: 500, body: { error: { message: 'no' } } }) });
    const ended = await place.run(['--model', 'm', 'hi'], { env: { OPENAI_BASE_URL: server.url } });
    expect(ended.code).toBe(1);
    expect(ended.stdout.match(/answered 500/g)).toHaveLength(server.requests.length);
    expect(ended.stdout).not.toContain('Error in agent run');
  });

  it('is never offline-demo in production', async () => {
    using place = new Workplace();
    const ended = await place.run([...DEMO, 'hi'], { env: { NODE_ENV: 'production' } });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/refused with NODE_ENV=production: it is not a language model/);
  });

  it('has to be somewhere', async () => {
    using place = new Workplace();
    const ended = await place.run(['--model', 'nowhere', 'hi'], { env: { TAILRACE_LOCAL_SERVERS: '' } });
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(/no server to ask for 'nowhere'/);
  });
});
