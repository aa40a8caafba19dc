/** A run's events with what clients may not see taken out of them, for protocols that are folded from whole events. */
import type { AgentItem } from '../event/item.ts';
import type { RunEvent } from '../event/run-event.ts';
import { reasoningDelta } from '../view/ui/ui-reasoning.ts';
import { clientError, type ExposureOf } from './client-view.ts';
import type { Service } from './service.ts';

export interface Redaction {
  exposureOf: ExposureOf;
  /** The reader may decide about calls: they see the arguments that they decide about. */
  decides: boolean;
  /** What models reason is shown. */
  reasoning: boolean;
}

export function redactionOf(
  { exposureOf, options }: Pick<Service, 'exposureOf' | 'options'>,
  decides: boolean,
): Redaction {
  return { exposureOf, decides, reasoning: options.exposeReasoning === true };
}

/** The event as clients may know it: with empty arguments and outputs where its tool keeps them. Undefined for one that says nothing to clients. */
export function redacted(event: RunEvent, { exposureOf, decides, reasoning }: Redaction): RunEvent | undefined {
  switch (event.type) {
    case 'model.delta': {
      // Of a provider's event, a fold takes the reasoning alone.
      if (reasoning && event.raw !== undefined && reasoningDelta(event.raw)) return event;
      const { raw: _, echo: __, source: ___, ...said } = event;
      return event.text === undefined ? undefined : said;
    }
    case 'model.part':
      return event.part.type === 'output_text_delta' ? event : undefined;
    case 'item.added': {
      const item = event.item.type === 'reasoning' && reasoning ? event.item : redactedItem(event.item, exposureOf);
      return item && { ...event, item };
    }
    case 'tool.returned': {
      const { output, content: _, item: __, customData: ___, error, ...known } = event;
      const text = exposureOf(event.tool).output && output !== undefined ? { output } : {};
      return { ...known, ...text, ...(error && { error: { ...error, message: `The call failed (${error.code}).` } }) };
    }
    case 'approval.requested':
      return decides || exposureOf(event.tool).arguments ? event : { ...event, arguments: '{}' };
    case 'approval.decided': {
      const { message: _, by: __, ...known } = event;
      return known;
    }
    case 'run.failed':
      return { ...event, error: { ...event.error, message: clientError(event.error).message } };
    default:
      return event;
  }
}

function redactedItem(item: AgentItem, exposureOf: ExposureOf): AgentItem | undefined {
  switch (item.type) {
    case undefined:
    case 'message':
      return item;
    case 'function_call':
      return exposureOf(item.name).arguments ? item : { ...item, arguments: '{}' };
    case 'function_call_result':
      return exposureOf(item.name).output ? item : { ...item, output: '' };
    default:
      return undefined;
  }
}
