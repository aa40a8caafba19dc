/** From log events to the final output as it is being written: each value the whole of what is certain by then. */
import type { AgentByKey } from '../agent/item-of.ts';
import type { AnyAgent } from '../agent/agent.ts';
import { type AgentOutputType, originalSchema } from '../agent/output-type.ts';
import { PartialJson } from '../base/partial-json.ts';
import type { RunEvent } from '../event/run-event.ts';

/** What one text is read as: text, or the JSON of a structured output. */
interface Reading {
  push(delta: string): void;
  value(): unknown;
}

export interface PartialOutputOptions {
  agents: AgentByKey;
  /** Whose output it is until the log says otherwise. */
  agent: AnyAgent;
  /** The final output as the agent declares it, once there is one. */
  final: () => unknown;
}

/**
 * One value for each batch of events that brought something, and last the final output itself. Each step of the model begins anew, and so does an attempt that takes
 * the place of another.
 */
export function partialOutputView(options: PartialOutputOptions): (events: readonly RunEvent[]) => unknown[] {
  let { agent } = options;
  let reading: Reading | undefined;
  let item: string | undefined;
  return (events) => {
    let news = false;
    const values: unknown[] = [];
    const show = (): void => {
      const value = news ? reading?.value() : undefined;
      if (value !== undefined) values.push(value);
      news = false;
    };
    for (const event of events) {
      if (event.scope) continue;
      switch (event.type) {
        case 'model.delta':
        case 'model.part': {
          const delta = deltaOf(event);
          if (delta === undefined) break;
          // Another message of the response: the last one is the output.
          if (delta.item !== undefined && delta.item !== item) reading = undefined;
          item = delta.item;
          reading ??= readingOf(agent.outputType);
          reading.push(delta.text);
          news = true;
          break;
        }
        case 'turn.started':
          agent = options.agents(event.agent);
          break;
        case 'model.called':
        case 'step.attempt':
          show();
          reading = undefined;
          break;
        case 'run.completed':
          show();
          values.push(options.final());
          break;
        default:
      }
    }
    show();
    return values;
  };
}

function deltaOf(event: RunEvent): { text: string; item: string | undefined } | undefined {
  if (event.type === 'model.delta' && event.text !== undefined) return { text: event.text, item: event.itemId };
  if (event.type !== 'model.part' || event.part.type !== 'output_text_delta') return undefined;
  const { delta, itemId } = event.part as { delta: string; itemId?: string };
  return { text: delta, item: itemId };
}

function readingOf(type: AgentOutputType): Reading {
  if (type === 'text') {
    let text = '';
    return { push: (delta) => void (text += delta), value: () => text };
  }
  const schema = originalSchema(type);
  let json = new PartialJson(schema);
  return {
    push(delta) {
      // A second value behind a whole one: another message, of a provider that does not number them.
      if (json.over && delta.trim() !== '') json = new PartialJson(schema);
      json.push(delta);
    },
    value: () => (json.fresh && !json.broken ? json.snapshot() : undefined),
  };
}
