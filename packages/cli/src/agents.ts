import { Agent, handoff, tool } from 'tailrace';
import { z } from 'zod';
import { evaluate, formatNumber } from './tools/calculator.ts';
import { daysBetween } from './tools/days.ts';
import { timeIn, zoneOf } from './tools/places.ts';
import { convert } from './tools/units.ts';

// What a tool refuses, its caller should read: the default says only that something failed.
const errorFunction = (_context: unknown, error: unknown): string =>
  error instanceof Error ? error.message : 'The tool failed.';

const calculate = tool({
  name: 'calculate',
  description:
    'Evaluates an arithmetic expression with + - * / ^ mod, percent, parentheses and functions such as sqrt.',
  parameters: z.object({ expression: z.string().describe('For example 17% * 2340, or (3 + 4) / 2') }),
  errorFunction,
  effects: 'pure',
  execute: ({ expression }) => `${expression} = ${formatNumber(evaluate(expression))}`,
});

const convertUnits = tool({
  name: 'convert_units',
  description: 'Converts an amount from one unit of length, mass, volume, speed or temperature to another.',
  parameters: z.object({
    amount: z.number(),
    from: z.string().describe('The unit it is given in, for example km'),
    to: z.string().describe('The unit that is wanted, for example mi'),
  }),
  errorFunction,
  effects: 'pure',
  execute: ({ amount, from, to }) => {
    const converted = convert(amount, from, to);
    return `${formatNumber(amount)} ${converted.from} = ${formatNumber(converted.value)} ${converted.to}`;
  },
});

const currentTime = tool({
  name: 'current_time',
  description: 'The current date and time in a city or time zone.',
  parameters: z.object({ place: z.string().describe('A city, or an IANA time zone such as Europe/Oslo') }),
  errorFunction,
  effects: 'pure',
  execute: ({ place }) => {
    const zone = zoneOf(place);
    if (zone === undefined) {
      return `No time zone is known for '${place}'. Ask for a larger city near it, or an IANA name such as Europe/Oslo.`;
    }
    return `In ${place} it is ${timeIn(zone, new Date())}.`;
  },
});

const countDays = tool({
  name: 'days_between',
  description: 'Counts the days between two dates.',
  parameters: z.object({
    from: z.string().describe('The first date, YYYY-MM-DD'),
    to: z.string().describe('The second date, YYYY-MM-DD'),
  }),
  errorFunction,
  effects: 'pure',
  execute: ({ from, to }) => `From ${from} to ${to} it is ${daysBetween(from, to)} days.`,
});

/** The agents of the start command: an assistant that calculates, and a clock that it hands questions of time over to. */
export function startAgent(): Agent {
  const clock: Agent = new Agent({
    name: 'Clock',
    handoffDescription: 'Knows the current time and date in any city or time zone, and counts days between dates.',
    instructions:
      'You answer questions about times and dates with your tools; never guess a time. What was found out before in this conversation belongs in your answer too. Hand everything else over to the Assistant. Be brief.',
    tools: [currentTime, countDays],
  });
  const assistant = new Agent({
    name: 'Assistant',
    handoffDescription: 'Calculates, converts units, and answers general questions.',
    instructions:
      'You answer questions. Use calculate for arithmetic and convert_units for units instead of doing them in your head. Do what you can first, then hand questions about times and dates over to the Clock. Be brief.',
    tools: [calculate, convertUnits],
    handoffs: [handoff(clock)],
  });
  clock.handoffs = [handoff(assistant)];
  return assistant;
}
