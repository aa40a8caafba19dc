import { type Difference, errorName, isObject, isStreamed, list } from '../difference.ts';
import type { Json, Observation } from '../program.ts';
import { isSpan, mapSpans, mapTraces, without } from '../span-tree.ts';

const runError = 'Error in agent run';
const redacted = 'Tool execution failed. Error details are redacted.';

function isWholeCancel(seen: Observation): boolean {
  return errorName(seen) === 'AbortError' && !isStreamed(seen);
}

function guardrailName(seen: Observation): Json {
  const error = seen['error'];
  const result = isObject(error) ? error['result'] : undefined;
  const guardrail = isObject(result) ? result['guardrail'] : undefined;
  return isObject(guardrail) ? (guardrail['name'] ?? null) : null;
}

/** Gives the spans that carry the run's error another one. */
function withRunError(trace: Json, error: Json): Json {
  return mapSpans(trace, (span) => {
    const said = span['error'];
    return isObject(said) && said['message'] === runError ? { ...span, error } : span;
  });
}

/** The class of the error that a tool of the program ends with; undefined where the trace holds no such texts. */
function toolErrorOf(program: string): string | undefined {
  if (program.startsWith('sensitive data')) return undefined;
  if (program.startsWith('the same tool three times')) return 'RangeError';
  if (program.startsWith('outputSchema and errorFunction')) return 'InvalidToolOutputError';
  return program.startsWith('tool arguments') ? 'InvalidToolInputError' : 'Error';
}

/** Rows about traces. */
export const tracingRows: readonly Difference[] = [
  {
    id: 'a-response-span-keeps-its-data',
    reference: '`createResponseSpan({ data: { response_id } })` makes a span without the id.',
    tailrace: 'The span has the data it was given, as those of the other kinds do.',
    why: 'What is handed over for the trace belongs in it.',
    applies: (program) => program === 'a response span with an id',
    aspects: { made: () => ({ type: 'response', response_id: 'resp_1' }) },
  },
  {
    id: 'trace-ends-on-failure',
    reference:
      'A run that is not streamed and fails, or is aborted, never ends its trace; nor does a `withTrace` whose function throws.',
    tailrace: 'Every trace ends once, on every exit.',
    why: 'An exporter that waits for the end of a trace would otherwise never see the runs that matter most.',
    applies: (program, seen) => (seen['error'] !== undefined && !isStreamed(seen)) || program === 'spans without a run',
    aspects: {
      endings: (value) =>
        mapTraces(value, (trace) => {
          const count = trace['trace'];
          return { ...trace, trace: typeof count === 'string' ? count.replace(/: 0$/, ': 1') : null };
        }),
    },
  },
  {
    id: 'trace-before-the-end',
    reference: 'Iteration ends before the trace has ended.',
    tailrace: 'The trace ends before readers see the end.',
    why: 'What comes after the run, a flush or the end of the process, finds a whole trace.',
    applies: (program) => program === 'whether the trace has ended when the stream has',
    aspects: { order: () => ['trace starts', 'last event', 'trace ends', 'iteration ends', 'completed'] },
  },
  {
    id: 'processors-cannot-fail-a-run',
    reference: 'A trace processor that throws at the start of a trace makes the run reject.',
    tailrace: 'A processor cannot fail or delay a run.',
    why: 'Whoever looks on has no say in the outcome.',
    applies: (program) => program === 'a trace processor that throws',
    aspects: { outcome: () => 'resolved' },
  },
  {
    id: 'trip-names-the-guardrail',
    reference: 'When a guardrail trips, the spans of the run say "Error in agent run" and the class of the error.',
    tailrace: 'They say which guardrail tripped.',
    why: 'It is the first question that is asked of such a trace.',
    applies: (_program, seen) => /^(Input|Output)GuardrailTripwireTriggered$/.test(errorName(seen) ?? ''),
    aspects: {
      trace: (value, { seen }) =>
        withRunError(value, { message: 'Guardrail tripwire triggered', data: { guardrail: guardrailName(seen) } }),
    },
  },
  {
    id: 'max-turns-says-the-limit',
    reference: 'When the turns are used up, the spans of the run say "Error in agent run" and the class of the error.',
    tailrace: 'They say "Max turns exceeded" and the limit, as the reference does when the error is handled.',
    why: 'One fact, one form.',
    applies: (_program, seen) => errorName(seen) === 'MaxTurnsExceededError',
    aspects: {
      trace: (value, { program }) =>
        withRunError(value, {
          message: 'Max turns exceeded',
          data: { max_turns: program.startsWith('default') ? 10 : program.startsWith('used up') ? 1 : 2 },
        }),
    },
  },
  {
    id: 'cancel-is-no-error-in-the-trace',
    reference: 'The spans of an aborted run carry an error if the run was not streamed, and none if it was.',
    tailrace: 'They carry none: the run ended as it was asked to.',
    why: 'Streamed and not streamed are one run.',
    applies: (_program, seen) => isWholeCancel(seen),
    aspects: { trace: (value) => mapSpans(value, (span) => without(span, 'error')) },
  },
  {
    id: 'no-turn-after-an-abort',
    reference: 'A run whose signal has aborted before it starts begins its first turn.',
    tailrace: 'It begins none.',
    why: 'A turn that asks nothing of a model is not one.',
    applies: (program) => program.startsWith('signal aborted before the run'),
    aspects: {
      trace: (value) => mapSpans(value, (span) => (isSpan(span, 'turn') ? undefined : span)),
      endings: (value) =>
        mapTraces(value, (trace) => ({
          ...trace,
          spans: list(trace['spans']).filter((span) => typeof span !== 'string' || !span.includes('turn')),
        })),
      ending: (value) => (isObject(value) ? { ...value, currentTurn: 0 } : value),
    },
  },
  {
    id: 'tool-errors-in-the-trace',
    reference:
      'The span of a tool that threw hides the error behind a fixed text, unless the tool has an `errorFunction` of its own. Its arguments are left out when they could not be parsed.',
    tailrace: 'The span has the error and the arguments, or neither with `traceIncludeSensitiveData: false`.',
    why: 'One switch decides what a trace may hold; beyond it a trace is for finding out what went wrong.',
    applies: (_program, seen) => JSON.stringify(seen['trace'] ?? null).includes(redacted),
    aspects: {
      trace: (value, { program }) =>
        mapSpans(value, (span) => {
          const error = span['error'];
          if (!isObject(error) || !isObject(error['data']) || error['data']['error'] !== redacted) return span;
          const name = toolErrorOf(program);
          const data = name === undefined ? without(error['data'], 'error') : { ...error['data'], error: name };
          return { ...span, error: { ...error, data } };
        }),
    },
  },
  {
    id: 'a-timeout-marks-the-span',
    reference: 'The span of a tool that timed out, and told the model so, looks like a success.',
    tailrace: 'It has the timeout as its error.',
    why: 'Slow tools should be found in traces.',
    applies: (program) => /^(tool timeout as a result|timeoutErrorFunction)/.test(program),
    aspects: {
      trace: (value, { program }) =>
        mapSpans(value, (span) => {
          if (!isSpan(span, 'function')) return span;
          const data = { error: 'ToolTimeoutError', tool_name: program.startsWith('tool timeout') ? 'slow' : 'plain' };
          return { ...span, error: { message: 'Error running tool (non-fatal)', data } };
        }),
    },
  },
  {
    id: 'a-call-that-was-refused-has-a-span',
    reference: 'A call that a guardrail rejects before anybody is asked to approve it has no span.',
    tailrace: 'It has one, as one that is rejected after the approval has.',
    why: 'The model asked for it, and was told something.',
    applies: (program) => program.startsWith('tool guardrails and approval: reject, before it true'),
    aspects: {
      trace: (value) =>
        mapSpans(value, (span) => {
          if (!isSpan(span, 'turn') || !isObject(span['data']) || span['data']['turn'] !== 1) return span;
          const data = { input: '{}', name: 'guarded', output: 'Not that.', type: 'function' };
          return { ...span, children: [{ span: 'function guarded', data }] };
        }),
      endings: (value) =>
        mapTraces(value, (trace) => {
          const spans = list(trace['spans']);
          const at = spans.lastIndexOf('agent > turn: 1');
          return { ...trace, spans: [...spans.slice(0, at), 'turn > function guarded: 1', ...spans.slice(at)] };
        }),
    },
  },
  {
    id: 'bytes-are-counted',
    reference: 'The span of a tool that returns bytes lists them, the first of many.',
    tailrace: 'It says how many there are.',
    why: 'Traces are read by people.',
    applies: (program) => /^rich tool output: (image|file) bytes/.test(program),
    aspects: {
      trace: (value) =>
        mapSpans(value, (span) => {
          const { data } = span;
          if (!isSpan(span, 'function') || !isObject(data) || typeof data['output'] !== 'string') return span;
          const output = data['output'].replace(/\[byte array [^(]*\((\d+) bytes?\)\]/, '[$1 bytes]');
          return { ...span, data: { ...data, output } };
        }),
    },
  },
  {
    id: 'a-failed-handler-fails-the-run',
    reference:
      'When an error handler gives what the agent does not take, the run fails, and the trace shows only the error that was to be handled.',
    tailrace: 'Task and agent have the error that the run failed with.',
    why: 'A trace says why its run failed.',
    applies: (program) => program.startsWith('used up turns, handled with what does not fit'),
    aspects: {
      trace: (value) =>
        mapSpans(value, (span) =>
          isSpan(span, 'task') || isSpan(span, 'agent')
            ? { ...span, error: { message: 'Error in agent run', data: { error: 'UserError' } } }
            : span,
        ),
    },
  },
  {
    id: 'handled-is-no-error-of-the-turn',
    reference:
      'The turn whose final output did not fit has an error, though a handler gave another one; the turn of a refusal has none.',
    tailrace: 'Neither has.',
    why: 'What was handled has not failed. The log says that it was handled (`error.handled`).',
    applies: (program) => /^an invalid output, handled (with an output|out of history|by default)/.test(program),
    aspects: {
      trace: (value) => mapSpans(value, (span) => (isSpan(span, 'turn') ? without(span, 'error') : span)),
    },
  },
  {
    id: 'no-request-after-a-trip',
    reference:
      'When a parallel input guardrail trips in a run that is not streamed, the run still waits for the model to finish.',
    tailrace: 'The model call is aborted at once, streamed or not; its usage is not known then.',
    why: 'A tripwire that lets the model go on costs time and money.',
    applies: (program) => program === 'parallel input guardrail that trips while the model speaks, whole',
    aspects: {
      trace: (value) =>
        mapSpans(value, (span) => (isObject(span['data']) ? { ...span, data: without(span['data'], 'usage') } : span)),
    },
  },
  {
    id: 'models-know-that-tracing-is-off',
    reference: 'With `setTracingDisabled(true)` the request to a model still says `tracing: true`.',
    tailrace: 'It says `tracing: false`.',
    why: 'A model that makes spans of its own should not make them for nobody.',
    applies: (program) => program === 'tracing switched off',
    aspects: { tracing: () => false },
  },
];
