import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { UserError } from '../../src/event/errors.ts';
import type { AgentInputItem, FunctionCallItem } from '../../src/event/item.ts';
import type { StreamEvent } from '../../src/event/stream-event.ts';
import { offlineModel, type OfflineModelOptions } from '../../src/model/offline.ts';
import type {
  JsonObjectSchema,
  ModelRequest,
  ModelSettings,
  SerializedHandoff,
  SerializedTool,
} from '../../src/port/model.ts';
import { quickest } from '../quickest.ts';

interface Actor {
  tools: SerializedTool[];
  handoffs: SerializedHandoff[];
}

function tool(name: string, description: string, shape: z.ZodRawShape): SerializedTool {
  const parameters = z.toJSONSchema(z.object(shape)) as JsonObjectSchema;
  return { type: 'function', name, description, parameters, strict: true };
}

function handoffTo(agent: string, about: string): SerializedHandoff {
  return {
    toolName: `transfer_to_${agent}`,
    toolDescription: `Handoff to the ${agent} agent to handle the request. ${about}`,
    inputJsonSchema: { type: 'object', properties: {} },
    strictJsonSchema: true,
  };
}

const desk: Actor = {
  tools: [
    tool('calculate', 'Evaluates an arithmetic expression.', {
      expression: z.string().describe('For example (3 + 4) / 2'),
    }),
    tool('convert_units', 'Converts an amount from one unit of length, mass or temperature to another.', {
      amount: z.number(),
      from: z.string().describe('The unit it is given in'),
      to: z.string().describe('The unit that is wanted'),
    }),
  ],
  handoffs: [handoffTo('Clock', 'Knows the current time in any city, and counts days between dates.')],
};
const clock: Actor = {
  tools: [
    tool('current_time', 'The date and time in a city or time zone.', {
      place: z.string().describe('A city or an IANA time zone'),
    }),
    tool('days_between', 'Counts the days between two dates.', {
      from: z.string().describe('A date, YYYY-MM-DD'),
      to: z.string().describe('A date, YYYY-MM-DD'),
    }),
  ],
  handoffs: [handoffTo('Desk', 'Calculates and converts units.')],
};
const shop: Actor = {
  tools: [
    tool('lookup_order', 'Looks up the status of an order.', { orderId: z.string() }),
    tool('get_weather', 'Get the weather for a city', {
      city: z.string(),
      unit: z.enum(['celsius', 'fahrenheit']).nullable(),
    }),
    tool('convert_currency', 'Converts money between currencies.', {
      amount: z.number(),
      from_currency: z.string().describe('ISO 4217'),
      to_currency: z.string().describe('ISO 4217'),
    }),
    tool('add_todo', 'Adds an item to the todo list', {
      title: z.string(),
      due: z.string().nullable().describe('Date, YYYY-MM-DD'),
      priority: z.enum(['low', 'medium', 'high']).default('medium'),
    }),
    tool('list_todos', 'Lists all todo items.', {}),
    tool('send_email', 'Sends an email.', { to: z.email(), subject: z.string(), body: z.string() }),
    tool('combine', 'Arithmetic on two numbers.', {
      a: z.number(),
      b: z.number(),
      operation: z.enum(['add', 'subtract', 'multiply', 'divide']),
    }),
    tool('roll_dice', 'Roll dice', { count: z.int(), sides: z.int() }),
    tool('search_flights', 'Searches flights.', {
      origin: z.string(),
      destination: z.string(),
      date: z.string(),
      nonstop: z.boolean().optional(),
    }),
    tool('translate', 'Translates a text to a language', { text: z.string(), language: z.string() }),
    tool('tag_photos', 'Puts tags on a photo.', { photo: z.string().describe('URL'), tags: z.array(z.string()) }),
  ],
  handoffs: [handoffTo('Billing', 'Handles refunds and invoices.')],
};

const model = offlineModel({ now: () => new Date(2026, 2, 4) });

function requestOf(actor: Actor, input: AgentInputItem[], modelSettings: ModelSettings = {}): ModelRequest {
  return { ...actor, input, modelSettings, outputType: 'text', tracing: false };
}

interface Told {
  calls: [name: string, args: unknown][];
  text: string;
  items: AgentInputItem[];
  turns: number;
}

/** Plays the run loop: answers calls with `R`, follows handoffs, stops at a message. */
async function converse(
  actor: Actor,
  question: string,
  before: AgentInputItem[] = [],
  settings: ModelSettings = {},
): Promise<Told> {
  const items: AgentInputItem[] = [...before, { role: 'user', content: question }];
  const told: Told = { calls: [], text: '', items, turns: 0 };
  let current = actor;
  for (; told.turns < 12; told.turns += 1) {
    const { output } = await model.getResponse(requestOf(current, items, settings));
    items.push(...output);
    const calls = output.filter((item): item is FunctionCallItem => item.type === 'function_call');
    for (const { name, callId, arguments: args } of calls) {
      told.calls.push([name, JSON.parse(args)]);
      items.push({ type: 'function_call_result', name, callId, status: 'completed', output: 'R' });
      if (name === 'transfer_to_Clock') current = clock;
      if (name === 'transfer_to_Desk') current = desk;
    }
    if (calls.length > 0) continue;
    const [message] = output;
    if (message && 'role' in message && typeof message.content !== 'string') {
      told.text = message.content.map((part) => ('text' in part ? part.text : '')).join('');
    }
    return told;
  }
  throw new Error(`'${question}' came to no end: ${JSON.stringify(told.calls)}`);
}

const actors = { desk, clock, shop };
type Call = [name: string, args: Record<string, unknown>];

describe('the offline-demo model calls', () => {
  const to: Call = ['transfer_to_Clock', {}];
  const at = (place: string): Call => ['current_time', { place }];
  const calculate = (expression: string): Call => ['calculate', { expression }];
  const convert = (amount: number, from: string, unit: string): Call => ['convert_units', { amount, from, to: unit }];
  const todo = (title: string, due: string | null = null, priority = 'medium'): Call => [
    'add_todo',
    { title, due, priority },
  ];

  const cases: [keyof typeof actors, string, Call[]][] = [
    ['desk', 'What is 17% of 2,340, and what time is it in Oslo?', [calculate('17% * 2340'), to, at('Oslo')]],
    ['desk', 'time in Tokyo and 3+4*2', [calculate('3 + 4 * 2'), to, at('Tokyo')]],
    ['desk', 'Calculate (3 + 4) / 2 and tell me the time in London.', [calculate('(3 + 4) / 2'), to, at('London')]],
    ['desk', 'What is 15 percent of 80; and the time in UTC?', [calculate('15% * 80'), to, at('UTC')]],
    ['desk', 'What time is it in Oslo, Tokyo and New York?', [to, at('Oslo'), at('Tokyo'), at('New York')]],
    ['desk', 'What is 12 times 7?', [calculate('12 * 7')]],
    ['desk', 'What is the sum of 3, 4 and 5?', [calculate('3 + 4 + 5')]],
    ['desk', 'subtract 3 from 10', [calculate('10 - 3')]],
    ['desk', 'What is the square root of 144 plus 10?', [calculate('sqrt(144) + 10')]],
    ['desk', 'what is 100 plus 20%', [calculate('100 * (1 + 20%)')]],
    ['desk', 'What is 20% off 50?', [calculate('50 * (1 - 20%)')]],
    ['desk', 'What is two hundred divided by eight?', [calculate('200 / 8')]],
    ['desk', 'Hi there! How much is $1,250.50 minus $50?', [calculate('1250.50 - 50')]],
    ['desk', 'convert 3 km to miles and 4 kg to pounds', [convert(3, 'km', 'miles'), convert(4, 'kg', 'pounds')]],
    ['desk', 'how many miles are 10 km?', [convert(10, 'km', 'miles')]],
    ['desk', 'How much is 72°F in celsius?', [convert(72, '°F', 'celsius')]],
    [
      'desk',
      'How many days between 3 March 2026 and May 9, 2026?',
      [to, ['days_between', { from: '2026-03-03', to: '2026-05-09' }]],
    ],
    ['clock', 'how many days until 2026-12-24?', [['days_between', { from: '2026-03-04', to: '2026-12-24' }]]],
    ['desk', 'How many minutes are in 3 hours?', [convert(3, 'hours', 'minutes')]],
    ['desk', 'What is 1/3 of 90?', [calculate('1 / 3 * 90')]],
    ['desk', 'Can you calculate a 15% tip on 84.50?', [calculate('15% * 84.50')]],
    ['desk', 'What do 3 books at 12.50 each cost?', [calculate('3 * 12.50')]],
    ['desk', "what's 5 plus 5 and 6 plus 6?", [calculate('5 + 5'), calculate('6 + 6')]],
    ['clock', 'What day is it today in Berlin?', [at('Berlin')]],
    ['clock', 'How tall is 180 cm in feet?', [['transfer_to_Desk', {}], convert(180, 'cm', 'feet')]],
    ['clock', 'What is 3 * 4?', [['transfer_to_Desk', {}], calculate('3 * 4')]],
    ['shop', 'Where is my order #A-1742?', [['lookup_order', { orderId: 'A-1742' }]]],
    ['shop', 'where is order 88213', [['lookup_order', { orderId: '88213' }]]],
    ['shop', 'What is the weather in Paris in fahrenheit?', [['get_weather', { city: 'Paris', unit: 'fahrenheit' }]]],
    ['shop', 'Is it cold in San Francisco?', [['get_weather', { city: 'San Francisco', unit: null }]]],
    [
      'shop',
      'Will it rain in Bergen tomorrow, and convert 100 USD to euros',
      [
        ['get_weather', { city: 'Bergen', unit: null }],
        ['convert_currency', { amount: 100, from_currency: 'USD', to_currency: 'EUR' }],
      ],
    ],
    [
      'shop',
      'How much is $20 in NOK?',
      [['convert_currency', { amount: 20, from_currency: 'USD', to_currency: 'NOK' }]],
    ],
    ['shop', 'Add "buy milk" to my todo list', [todo('buy milk')]],
    ['shop', 'add milk and eggs to my to-do list', [todo('milk and eggs')]],
    [
      'shop',
      'Add a high priority todo: finish the report by 2026-04-01',
      [todo('finish the report by 2026-04-01', '2026-04-01', 'high')],
    ],
    ['shop', 'Please add buy bread to the list and then show the list', [todo('buy bread'), ['list_todos', {}]]],
    [
      'shop',
      'email bob@example.com with subject "Hi" saying "see you at 5"',
      [['send_email', { to: 'bob@example.com', subject: 'Hi', body: 'see you at 5' }]],
    ],
    ['shop', 'what is 12 times 7', [['combine', { a: 12, b: 7, operation: 'multiply' }]]],
    ['shop', 'roll two dice with 6 sides', [['roll_dice', { count: 2, sides: 6 }]]],
    [
      'shop',
      'find flights from Oslo to New York on 12 May',
      [['search_flights', { origin: 'Oslo', destination: 'New York', date: '2026-05-12' }]],
    ],
    [
      'shop',
      'I need a nonstop flight from Lisbon to Paris tomorrow',
      [['search_flights', { origin: 'Lisbon', destination: 'Paris', date: '2026-03-05', nonstop: true }]],
    ],
    ['shop', 'translate "good morning" to French', [['translate', { text: 'good morning', language: 'French' }]]],
    [
      'shop',
      'put the tags "sea" and "sun" on the photo https://example.com/1.jpg',
      [['tag_photos', { photo: 'https://example.com/1.jpg', tags: ['sea', 'sun'] }]],
    ],
    ['shop', 'I want a refund for my invoice', [['transfer_to_Billing', {}]]],
  ];
  it.each(cases)('%s: %s', async (who, question, calls) => {
    expect((await converse(actors[who], question)).calls).toEqual(calls);
  });

  it('several tools in one response, or in successive ones', async () => {
    const question = 'convert 3 km to miles and 4 kg to pounds';
    const together = await converse(desk, question);
    const apart = await converse(desk, question, [], { parallelToolCalls: false });
    expect(apart.calls).toEqual(together.calls);
    expect([together.turns, apart.turns]).toEqual([1, 2]);
  });

  it('what a tool choice leaves', async () => {
    const question = 'What is 2 + 2 and how many miles are 10 km?';
    expect((await converse(desk, question, [], { toolChoice: 'convert_units' })).calls).toEqual([
      convert(10, 'km', 'miles'),
    ]);
    expect((await converse(desk, question, [], { toolChoice: 'none' })).calls).toEqual([]);
  });

  it('nothing for what no tool covers, and lists what it can call', async () => {
    for (const question of [
      'Tell me a joke',
      'hello',
      'What is the capital of Norway?',
      'Who are you?',
      '',
      '?!',
      '🙂',
    ]) {
      const { calls, text } = await converse(desk, question);
      expect([question, calls]).toEqual([question, []]);
      expect(text).toMatch(/- calculate: Evaluates an arithmetic expression[^]*- transfer_to_Clock \(handoff\): Knows/);
    }
    expect((await converse({ tools: [], handoffs: [] }, 'What is 2 + 2?')).text).toMatch(/no tools/);
  });

  it('the rest of a question whose first part no tool covers', async () => {
    const { calls, text } = await converse(desk, 'Who wrote Hamlet, and what is 2 + 2?');
    expect(calls).toEqual([calculate('2 + 2')]);
    expect(text).toMatch(/no tool for “Who wrote Hamlet”/);
  });
});

describe('a conversation', () => {
  it('goes on after an argument was asked for', async () => {
    const asked = await converse(shop, 'Where is my order?');
    expect(asked.calls).toEqual([]);
    expect(asked.text).toMatch(/For lookup_order I still need: order id/);
    expect((await converse(shop, 'It is A-77', asked.items)).calls).toEqual([['lookup_order', { orderId: 'A-77' }]]);
    expect((await converse(shop, 'thanks!', asked.items)).calls).toEqual([]);
    const other = await converse(shop, 'Is it warm in Rome?', asked.items);
    expect(other.calls).toEqual([['get_weather', { city: 'Rome', unit: null }]]);
  });

  it('hands over, asks there, and takes the answer', async () => {
    const asked = await converse(desk, 'What time is it?');
    expect(asked.text).toMatch(/I still need: place \(A city or an IANA time zone\)/);
    expect((await converse(clock, 'Oslo', asked.items)).calls).toEqual([['current_time', { place: 'Oslo' }]]);
  });

  it('understands a question that only says what is different', async () => {
    const oslo = await converse(clock, 'What time is it in Oslo?');
    const tokyo = await converse(clock, 'and in Tokyo?', oslo.items);
    const lima = await converse(clock, 'What about Lima?', tokyo.items);
    expect([tokyo.calls, lima.calls]).toEqual([
      [['current_time', { place: 'Tokyo' }]],
      [['current_time', { place: 'Lima' }]],
    ]);
  });

  it('gives every call an id of its own', async () => {
    let items: AgentInputItem[] = [];
    for (const question of ['What is 1 + 1?', 'What is 1 + 1?', 'convert 3 km to miles and 4 km to feet']) {
      ({ items } = await converse(desk, question, items));
    }
    const ids = items.flatMap((item) => (item.type === 'function_call' ? [item.callId] : []));
    expect(ids).toHaveLength(4);
    expect(new Set(ids).size).toBe(4);
  });

  it('reads any long text in little time', async () => {
    const texts = ['a', '0', ' ', '<', '1,', 'in ', '"', 'Oslo and ', '3 + ', '-', '#a1 '].map((piece) =>
      piece.repeat(100_000 / piece.length),
    );
    for (const text of texts) {
      const took = await quickest(500, async () => {
        const begun = performance.now();
        await converse(shop, text);
        return performance.now() - begun;
      });
      expect(took, text.slice(0, 10)).toBeLessThan(500);
    }
  });

  it('never hands over in circles', async () => {
    const lost = { tools: [], handoffs: [handoffTo('Clock', 'Knows everything about prices.')] };
    const { calls } = await converse(lost, 'What are the prices?');
    expect(calls.length).toBeLessThan(3);
  });
});

describe('an answer', () => {
  const question = 'What is 17% of 2,340?';
  const answered = (output: string): AgentInputItem[] => [
    { role: 'user', content: question },
    { type: 'function_call', callId: 'offline_1_0-21_tool', name: 'calculate', arguments: '{}' },
    { type: 'function_call_result', name: 'calculate', callId: 'offline_1_0-21_tool', status: 'completed', output },
  ];
  it.each([
    ['397.8', 'What is 17% of 2,340: 397.8.'],
    ['17% * 2340 = 397.8', '17% * 2340 = 397.8.'],
    ['It is 397.8.', 'It is 397.8.'],
    ['{"result":397.8}', 'What is 17% of 2,340: 397.8.'],
    ['{"city":"Oslo","tempC":3,"note":null}', 'city: Oslo, temp c: 3.'],
    ['["a","b"]', 'What is 17% of 2,340: a; b.'],
    ['', 'calculate gave no output.'],
  ])('puts the result %s into words', async (output, text) => {
    const response = await model.getResponse(requestOf(desk, answered(output)));
    expect(response.output).toMatchObject([{ content: [{ text: `${text}\n[offline-demo (not a language model)]` }] }]);
  });

  it('says what it is, counts no tokens, and is the same streamed and not', async () => {
    const request = requestOf(desk, answered('4'));
    const whole = await model.getResponse(request);
    expect(model.name).toBe('offline-demo (not a language model)');
    expect(whole.usage).toMatchObject({ requests: 1, inputTokens: 0, outputTokens: 0, totalTokens: 0 });
    const events: StreamEvent[] = [];
    for await (const event of model.getStreamedResponse(request)) events.push(event);
    const deltas = events.flatMap((event) => (event.type === 'output_text_delta' ? [event.delta] : []));
    expect(deltas.length).toBeGreaterThan(5);
    expect(whole.output).toMatchObject([{ content: [{ text: deltas.join('') }] }]);
    expect(events.at(-1)).toMatchObject({
      type: 'response_done',
      response: { output: whole.output, id: whole.responseId },
    });
  });

  it('refuses to invent structured output', async () => {
    const schema: JsonObjectSchema = { type: 'object', properties: { mood: { type: 'string' } } };
    const outputType = { type: 'json_schema', name: 'Mood', strict: true, schema } as const;
    const { output } = await model.getResponse({ ...requestOf(desk, answered('4')), outputType });
    expect(output).toMatchObject([{ content: [{ type: 'refusal' }] }]);
  });

  it('stops at once when it is aborted between two words', async () => {
    const slow = offlineModel({ wordDelayMs: 10_000 } satisfies OfflineModelOptions);
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const controller = new AbortController();
    const stream = slow.getStreamedResponse({ ...requestOf(desk, answered('4')), signal: controller.signal });
    setTimeout(() => controller.abort(), 10);
    const read = async (): Promise<void> => {
      for await (const event of stream) expect(event.type).toBe('response_started');
    };
    await expect(read()).rejects.toMatchObject({ name: 'AbortError' });
    expect(timers()).toBe(before);
  });

  it('is refused in production', () => {
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      expect(() => offlineModel()).toThrow(UserError);
      expect(() => offlineModel()).toThrow(/not a language model/);
    } finally {
      process.env['NODE_ENV'] = before;
    }
  });
});
