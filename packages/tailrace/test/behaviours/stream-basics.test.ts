import { afterEach, describe, expect, vi } from 'vitest';
import type { StreamEvent } from '../../src/event/stream-event.ts';
import { handoff, type RunItem, RunItemStreamEvent, type RunStreamEvent } from '../../src/index.ts';
import { assistantMessage, modelStream, textStream } from '../../src/testing/index.ts';
import { call, reasoning, scripted, toBilling, triage, usageOf, weather } from './cast.ts';
import { itemWords, on, words } from './stage.ts';

afterEach(() => vi.restoreAllMocks());

const data = (events: readonly RunStreamEvent[]): StreamEvent[] =>
  events.flatMap((event) => (event.type === 'raw_model_stream_event' ? [event.data] : []));
const items = (events: readonly RunStreamEvent[]): RunItem[] =>
  events.flatMap((event) => (event instanceof RunItemStreamEvent ? [event.item] : []));

describe('where a stream begins, and what a turn gives', () => {
  on('[A1] begins with the model, not with an agent; a handoff announces the new agent', async ({ stage }) => {
    const { events } = await stage.seen(triage([[toBilling()]]).triage);
    expect(words(events)[0]).toBe('raw:response_started');
    expect(words(events).filter((one) => one.startsWith('agent:'))).toEqual(['agent:Billing']);
  });

  on('[A2] a plain text turn: started, deltas, done, and then the message', async ({ stage }) => {
    const { events } = await stage.seen(scripted([textStream('Hello you there.')]));
    expect(words(events)).toEqual([
      'raw:response_started',
      'raw:model',
      ...[
        'raw:output_text_delta',
        'raw:model',
        'raw:output_text_delta',
        'raw:model',
        'raw:output_text_delta',
        'raw:model',
      ],
      'raw:response_done',
      'message_output_created',
    ]);
  });

  on(
    '[A3] the provider’s events pass unchanged and in order, before the items that they complete',
    async ({ stage }) => {
      const output = [reasoning('think'), call(), assistantMessage('Look.')];
      const raw = Array.from({ length: 25 }, (_, index): StreamEvent => {
        const event = {
          type: `response.piece_${index}`,
          sequence_number: index,
          odd: [null, '\u{1F600}', { deep: index }],
        };
        return index % 2 === 0 ? { type: 'model', event } : { type: 'model', event, providerData: { n: index } };
      });
      const done: StreamEvent = { type: 'response_done', response: { id: 'r', output, usage: usageOf(1, 2).toData() } };
      const script: StreamEvent[] = [{ type: 'response_started' }, ...raw, done];
      const agent = scripted([modelStream(script), [assistantMessage('Done.')]], { tools: [weather()] });
      const { events } = await stage.seen(agent);
      expect(data(events).slice(0, 27)).toEqual(script);
      expect(events.slice(0, 27).every((event) => event.type === 'raw_model_stream_event')).toBe(true);
      expect(itemWords(events.slice(27, 31))).toEqual([
        'reasoning_item_created',
        'tool_called',
        'message_output_created',
        'tool_output',
      ]);
    },
  );
});

describe('items', () => {
  on('[A4] tool_called comes before its tool_output', async ({ stage }) => {
    const script = [[call('c1'), call('c2')], [assistantMessage('Sunny.')]];
    const { events } = await stage.seen(scripted(script, { tools: [weather()] }));
    expect(itemWords(events)).toEqual([
      'tool_called',
      'tool_called',
      'tool_output',
      'tool_output',
      'message_output_created',
    ]);
    const calls = items(events).flatMap(({ rawItem }) => ('callId' in rawItem ? [rawItem.callId] : []));
    expect(calls).toEqual(['c1', 'c2', 'c1', 'c2']);
  });

  on.for([
    [
      'tool',
      () => scripted([[call(), reasoning('r')], [assistantMessage('x')]], { tools: [weather()] }),
      ['tool_called', 'reasoning_item_created', 'tool_output'],
    ],
    [
      'handoff',
      () => triage([[toBilling(), reasoning('r')]]).triage,
      ['handoff_requested', 'reasoning_item_created', 'handoff_occurred'],
    ],
  ] as const)('[A5] items keep the order in which the model gave them (%s)', async ([, agent, expected], { stage }) => {
    const { events } = await stage.seen(agent());
    expect(itemWords(events).slice(0, 3)).toEqual(expected);
  });

  on('[A6] tool_called carries the whole arguments: empty, nested, several', async ({ stage }) => {
    const args = ['', '{}', '{"city":"Oslo"}', '{"a":{"b":[1,{"c":"d"}]},"e":"\\u00e9"}'];
    const any = { ...weather(), invoke: async () => 'ok' };
    const agent = scripted([args.map((text, index) => call(`c${index}`, text)), [assistantMessage('x')]], {
      tools: [any],
    });
    const { events } = await stage.seen(agent);
    const called = items(events).flatMap((item) => (item.type === 'tool_call_item' ? [item.rawItem] : []));
    expect(called.map((item) => 'arguments' in item && item.arguments)).toEqual(args);
  });

  on(
    '[A7] a handoff’s call is handoff_requested once, never tool_called; a tool beside it still is',
    async ({ stage }) => {
      const alone = await stage.seen(triage([[toBilling()]]).triage);
      expect(itemWords(alone.events)).toEqual([
        'handoff_requested',
        'handoff_occurred',
        'agent:Billing',
        'message_output_created',
      ]);
      const beside = await stage.seen(triage([[toBilling(), call()]], undefined, { tools: [weather()] }).triage);
      expect(itemWords(beside.events)).toEqual([
        ...[
          'handoff_requested',
          'tool_called',
          'tool_output',
          'handoff_occurred',
          'agent:Billing',
          'message_output_created',
        ],
      ]);
    },
  );

  on('[A8] a handoff: requested, occurred, then the new agent, and only then its model', async ({ stage }) => {
    const { events } = await stage.seen(triage([[toBilling()]]).triage);
    expect(words(events).slice(2, 6)).toEqual([
      'handoff_requested',
      'handoff_occurred',
      'agent:Billing',
      'raw:response_started',
    ]);
    const [requested, occurred] = items(events);
    expect([requested?.type, occurred?.type]).toEqual(['handoff_call_item', 'handoff_output_item']);
    expect(occurred).toMatchObject({ sourceAgent: { name: 'Triage' }, targetAgent: { name: 'Billing' } });
  });

  const scripts = {
    text: () => scripted([[assistantMessage('One.'), assistantMessage('Two.')]]),
    tool: () => scripted([[reasoning('r'), call('c1'), call('c2')], [assistantMessage('x')]], { tools: [weather()] }),
    handoff: () => triage([[reasoning('r'), toBilling()]]).triage,
    'handoff and tool': () => triage([[call(), toBilling()]], undefined, { tools: [weather()] }).triage,
  };
  on.for(Object.entries(scripts))('[A9] the streamed items are the new items (%s)', async ([, agent], { stage }) => {
    const { events, result } = await stage.seen(agent());
    expect(items(events)).toEqual(result.newItems);
    expect(result.newItems.length).toBeGreaterThan(1);
  });

  on('[A10] a handoff filter that copies items does not double what is streamed', async ({ stage }) => {
    const { billing } = triage([]);
    const copying = handoff(billing, {
      inputFilter: ({ inputHistory, preHandoffItems, newItems, ...rest }) => ({
        ...rest,
        inputHistory: structuredClone(inputHistory),
        preHandoffItems: preHandoffItems.slice(),
        newItems: newItems.map((item) => Object.assign(Object.create(Object.getPrototypeOf(item)), item)),
      }),
    });
    const agent = scripted([[reasoning('r'), toBilling()]], { handoffs: [copying] });
    const { events, result } = await stage.seen(agent);
    expect(itemWords(events)).toEqual([
      ...['reasoning_item_created', 'handoff_requested', 'handoff_occurred', 'agent:Billing', 'message_output_created'],
    ]);
    expect(result.newItems.map((item) => item.type)).toEqual(items(events).map((item) => item.type));
  });

  on('[A11] two equal messages stay two', async ({ stage }) => {
    const twice = await stage.seen(scripted([[assistantMessage('Same.'), assistantMessage('Same.')]]));
    expect(itemWords(twice.events)).toEqual(['message_output_created', 'message_output_created']);
    const turns = [[assistantMessage('Same.'), call()], [assistantMessage('Same.')]];
    const again = await stage.seen(scripted(turns, { tools: [weather()] }));
    expect(again.result.newItems.filter((item) => item.type === 'message_output_item')).toHaveLength(2);
    expect(again.result.output.filter((item) => 'role' in item)).toEqual([
      assistantMessage('Same.'),
      assistantMessage('Same.'),
    ]);
  });

  on('[A21] a tool that is added between turns is there in the next turn', async ({ stage }) => {
    const agent = scripted([[call()], [call('c2', { city: 'Rome' }, 'later')], [assistantMessage('x')]]);
    const adding = weather(() => {
      agent.tools.push(weather(undefined, 'later'));
      return 'added';
    });
    agent.tools.push(adding);
    const { result, error } = await stage.seen(agent);
    expect(error).toBeUndefined();
    expect(result.newItems.map((item) => item.type === 'tool_call_output_item' && item.output)).toContain(
      'Rome: sunny',
    );
  });
});

describe('the result while the run goes on', () => {
  on('[A18] there is no final output before the end, and currentAgent follows handoffs', async ({ stage }) => {
    const { triage: agent } = triage([[toBilling()]]);
    vi.spyOn(console, 'warn').mockReturnValue();
    const result = await stage.stream(agent);
    const outputs = new Set<unknown>([result.finalOutput]);
    const agents: unknown[] = [];
    const first = await result[Symbol.asyncIterator]().next();
    expect(first.done).toBe(false);
    for await (const event of result) {
      if (result.status === 'running') outputs.add(result.finalOutput);
      if (event.type === 'agent_updated_stream_event') agents.push([event.agent.name, result.currentAgent?.name]);
    }
    expect([...outputs]).toEqual([undefined]);
    expect(agents).toEqual([['Billing', 'Billing']]);
    expect([result.currentAgent?.name, result.status, result.finalOutput]).toEqual(['Billing', 'completed', 'Paid.']);
  });
});
