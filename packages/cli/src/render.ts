/** What a run looks like in a terminal: a fold over its events, the same for a run under way and one read back. Writes nothing itself. */
import type { AgentInputItem, RunEvent } from 'tailrace';
import { oneLine, paintFor, safeText } from './terminal-text.ts';

export interface RenderOptions {
  color: boolean;
  columns: number;
  /** Shows the run's input first. */
  input: boolean;
}

/** What may come between the end of an attempt and the end of its run, and shows nothing. */
const SILENT: ReadonlySet<RunEvent['type']> = new Set(['span.started', 'span.ended', 'model.stopped']);

/** Gives the text to write for each event in turn. */
export function renderer({ color, columns, input }: RenderOptions): (event: RunEvent) => string {
  const paint = paintFor(color);
  const width = Math.max(40, columns);
  let agent = '';
  let atLineStart = true;
  let speaking = false;
  let said = '';
  // Half of a character, when a model's deltas cut one.
  let half = '';
  // What ended an attempt is shown with what follows: if that is the end of the run, it says the same.
  let stopped = '';

  const line = (text: string): string => {
    const before = atLineStart ? '' : '\n';
    [atLineStart, speaking] = [true, false];
    return `${before}${text}\n`;
  };
  const speak = (text: string): string => {
    const whole = half + text;
    half = /[\uD800-\uDBFF]$/.test(whole) ? whole.slice(-1) : '';
    const shown = safeText(half === '' ? whole : whole.slice(0, -1));
    if (shown === '') return '';
    const label = speaking ? '' : `${atLineStart ? '' : '\n'}${paint.bold(`${oneLine(agent, 40)}:`)} `;
    [speaking, atLineStart] = [true, shown.endsWith('\n')];
    said += text;
    return label + shown;
  };

  const show = (event: RunEvent): string => {
    switch (event.type) {
      case 'run.started':
        agent = event.agent;
        return input ? line(`${paint.cyan('>')} ${safeText(questionOf(event.input))}`) : '';
      case 'agent.started':
        agent = event.agent;
        return '';
      case 'model.called':
        agent = event.agent;
        said = '';
        return '';
      case 'model.delta':
        return event.text === undefined ? '' : speak(event.text);
      case 'model.part':
        return event.part.type === 'output_text_delta' ? speak(event.part.delta) : '';
      case 'model.returned':
        return event.streamed ? '' : speak(textOf(event.output));
      case 'model.stopped':
        stopped = event.error.code === 'RUN_CANCELLED' ? '' : event.error.message;
        return '';
      case 'step.attempt':
        return line(paint.yellow(`! ${attemptText(event, said)}`));
      case 'run.resumed':
        return event.by === 'takeover' ? line(paint.yellow('… taken up again after its process ended')) : '';
      case 'tool.called':
        return line(`${paint.cyan('→')} ${oneLine(`${event.tool}(${argumentText(event.arguments)})`, width - 2)}`);
      case 'tool.returned':
        return event.error
          ? line(paint.red(`← ${oneLine(`${event.tool} failed: ${event.output || event.error.message}`, width - 2)}`))
          : line(`${paint.green('←')} ${oneLine(event.output ?? '', width - 2)}`);
      case 'handoff.occurred':
        return line(`${paint.cyan('⇒')} ${oneLine(`${event.from} hands over to ${event.to}`, width - 2)}`);
      case 'guardrail.returned':
        return event.tripped ? line(paint.red(`! guardrail ${oneLine(event.guardrail, width - 20)} tripped`)) : '';
      case 'output.blocked':
        return line(paint.red(`! output held back by ${oneLine(event.guardrail, width - 24)}`));
      case 'tool.outcome_unknown':
        return line(paint.yellow(`! it is not known whether ${oneLine(event.tool, 40)} has taken effect`));
      case 'approval.requested':
        return line(
          paint.yellow(`? ${oneLine(`${event.tool}(${argumentText(event.arguments)}) waits for approval`, width - 2)}`),
        );
      case 'wait.started':
        return line(paint.yellow(oneLine(waitText(event), width)));
      case 'run.suspended':
        return line(paint.yellow(`… waits for ${event.waitsFor}`));
      case 'run.completed': {
        const output = said.trim() === '' && event.output !== '' ? speak(event.output) : '';
        return output + (atLineStart ? '' : line('').slice(0, -1));
      }
      case 'run.failed':
        return line(paint.red(`✗ failed [${event.error.code}]: ${safeText(event.error.message)}`));
      case 'run.cancelled':
        return line(paint.yellow(`■ cancelled${event.reason === '' ? '' : `: ${oneLine(event.reason, width - 14)}`}`));
      default:
        return '';
    }
  };
  const showStopped = (): string => {
    const text = stopped;
    stopped = '';
    return text === '' ? '' : line(paint.yellow(`! ${oneLine(text, width)}`));
  };

  return (event) => {
    if (event.type === 'run.failed' && event.error.message === stopped) stopped = '';
    if (SILENT.has(event.type)) return show(event);
    return showStopped() + show(event);
  };
}

function waitText({ for: what, tool, prompt, until }: Extract<RunEvent, { type: 'wait.started' }>): string {
  if (what === 'timer') return `… ${tool} waits until ${new Date(until ?? 0).toISOString()}`;
  return `? ${tool} asks: ${typeof prompt === 'string' ? prompt : (JSON.stringify(prompt) ?? 'for input')}`;
}

/** That text is void has to be said: a terminal cannot take it back. */
function attemptText({ of, delayMs }: Extract<RunEvent, { type: 'step.attempt' }>, said: string): string {
  const again = `trying again${delayMs > 0 ? ` in ${Math.round(delayMs)} ms` : ''}`;
  return of === 'model' && said.trim() !== '' ? `${again}: what follows replaces the unfinished text above` : again;
}

function questionOf(input: string | readonly AgentInputItem[]): string {
  if (typeof input === 'string') return input;
  const last = input.findLast((item) => 'role' in item && item.role === 'user');
  if (!last || !('content' in last)) return `(${input.length} items)`;
  const { content } = last;
  if (typeof content === 'string') return content;
  return content.map((part) => ('text' in part ? part.text : `(${part.type})`)).join(' ');
}

function textOf(output: readonly AgentInputItem[]): string {
  return output
    .flatMap((item) => ('role' in item && item.role === 'assistant' ? item.content : []))
    .map((part) => (part.type === 'output_text' ? part.text : ''))
    .join('');
}

/** Arguments as people read them, or as they are when they are not a JSON object. */
function argumentText(json: string): string {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return Object.entries(value)
        .map(([name, each]) => `${name}: ${JSON.stringify(each)}`)
        .join(', ');
    }
  } catch {
    // Shown as the model wrote it.
  }
  return json;
}
