/** What a run is given, checked once at the door. */
import { isPlain } from '../base/copy.ts';
import { UserError } from '../event/errors.ts';
import type { AgentInputItem } from '../event/item.ts';

const ROLES: ReadonlySet<unknown> = new Set(['user', 'assistant', 'system']);
const TYPES: ReadonlySet<unknown> = new Set([
  'function_call',
  'function_call_result',
  'reasoning',
  'hosted_tool_call',
  'compaction',
  'unknown',
  'computer_call',
  'computer_call_result',
  'shell_call',
  'shell_call_output',
  'apply_patch_call',
  'apply_patch_call_output',
  'tool_search_call',
  'tool_search_output',
]);

// What goes through it later, stores among them, goes as deep as its stack.
const MAX_DEPTH = 1_000;

/**
 * The input as the run uses it: a copy, which stays as it is whatever the caller does to its own. Lone surrogates and NUL characters, which stores and providers
 * reject, are replaced by U+FFFD; nothing else changes.
 *
 * @throws UserError INPUT_REQUIRED, INPUT_TYPE, INPUT_ITEM_INVALID, INPUT_TOO_LARGE
 */
export function checkInput(input: unknown, maxLength: number): string | AgentInputItem[] {
  if (input === undefined || input === null) {
    throw new UserError('run() needs an input: a text, or a list of items.', { code: 'INPUT_REQUIRED' });
  }
  if (typeof input === 'string') {
    checkLength(input.length, maxLength);
    return clean(input);
  }
  if (!Array.isArray(input)) {
    throw new UserError(`run() takes a text or a list of items as input, got ${typeof input}.`, { code: 'INPUT_TYPE' });
  }
  let length = 0;
  for (const [index, item] of (input as unknown[]).entries()) length += lengthOf(item, index, 0);
  checkLength(length, maxLength);
  return input.map((item: unknown, index) => cleanDeep(checkItem(item, index)));
}

function checkItem(item: unknown, index: number): AgentInputItem {
  const fail = (why: string): UserError =>
    invalid(
      index,
      `${why}. An item is a message with a role (user, assistant, system) or has a type such as 'function_call'`,
    );
  if (typeof item !== 'object' || item === null) throw fail(`is ${item === null ? 'null' : typeof item}`);
  const { type, role, content } = item as { type?: unknown; role?: unknown; content?: unknown };
  if (type === undefined || type === 'message') {
    if (!ROLES.has(role)) throw fail(`is a message of role ${JSON.stringify(role)}`);
    if (typeof content !== 'string' && !Array.isArray(content)) throw fail(`has content of type ${typeof content}`);
  } else if (!TYPES.has(type)) throw fail(`has the unknown type ${JSON.stringify(type)}${hintOf(type)}`);
  if (type === 'function_call' || type === 'function_call_result') checkCall(item, fail);
  return item as AgentInputItem;
}

function invalid(index: number, why: string): UserError {
  return new UserError(`Input item ${index} ${why}.`, { code: 'INPUT_ITEM_INVALID', data: { index } });
}

// What the Responses API calls it, which this is easily mistaken for.
function hintOf(type: unknown): string {
  return type === 'function_call_output' ? ", did you mean 'function_call_result'" : '';
}

function checkCall(item: { callId?: unknown; name?: unknown }, fail: (why: string) => UserError): void {
  if (typeof item.callId !== 'string' || item.callId === '') throw fail('has no callId');
  if (typeof item.name !== 'string') throw fail('has no name');
}

/** What is the output of a call, by type. */
const OUTPUTS: ReadonlyMap<string | undefined, string> = new Map([
  ['function_call', 'function_call_result'],
  ['computer_call', 'computer_call_result'],
  ['shell_call', 'shell_call_output'],
  ['apply_patch_call', 'apply_patch_call_output'],
]);

/** And the other way round. */
const CALLS: ReadonlyMap<string | undefined, string> = new Map(
  [...OUTPUTS].flatMap(([call, output]) => (call === undefined ? [] : [[output, call]])),
);

/**
 * A call without its output, or an output without its call, is refused by every provider with a 400; here, before the request.
 *
 * @throws UserError ORPHAN_TOOL_OUTPUT, MISSING_TOOL_OUTPUT
 */
export function checkPairs(items: readonly AgentInputItem[]): void {
  // An id is one of its kind: what a shell was asked is not answered by a function.
  const open = new Map<string, { callId: string; output: string }>();
  for (const item of items) {
    const { type } = item;
    const output = OUTPUTS.get(type);
    const call = CALLS.get(type);
    const { callId } = item as { callId: string };
    if (output !== undefined) open.set(`${output} ${callId}`, { callId, output });
    else if (call !== undefined && !open.delete(`${type} ${callId}`)) {
      throw new UserError(
        `The input has an output for call '${callId}' but not the call before it. Put the ${call} item before it, or leave it out.`,
        {
          code: 'ORPHAN_TOOL_OUTPUT',
          data: { callId },
        },
      );
    }
  }
  const [missing] = open.values();
  if (missing === undefined) return;
  const { callId, output } = missing;
  throw new UserError(
    `The input has call '${callId}' without its output. Add a ${output} for it, or leave the call out.`,
    {
      code: 'MISSING_TOOL_OUTPUT',
      data: { callId },
    },
  );
}

function checkLength(length: number, maxLength: number): void {
  if (length <= maxLength) return;
  throw new UserError(
    `The input has ${length} characters; the limit is ${maxLength}. Send less, or raise maxInputLength.`,
    { code: 'INPUT_TOO_LARGE' },
  );
}

/** @throws UserError INPUT_ITEM_INVALID */
function lengthOf(value: unknown, index: number, depth: number): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 8;
  if (depth === MAX_DEPTH) throw invalid(index, `refers to itself, or is nested deeper than ${MAX_DEPTH} levels`);
  let length = 0;
  for (const child of Object.values(value)) length += lengthOf(child, index, depth + 1);
  return length;
}

function clean(text: string): string {
  const wellFormed = text.isWellFormed() ? text : text.toWellFormed();
  return wellFormed.includes('\0') ? wellFormed.replaceAll('\0', '\uFFFD') : wellFormed;
}

function cleanDeep<T>(value: T): T {
  if (typeof value === 'string') return clean(value) as T;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(cleaned) as T;
  // Bytes, and objects of a class: a copy of their fields would be something else.
  if (!isPlain(value)) return value;
  const copy = { ...value } as Record<string, unknown>;
  for (const key in copy) copy[key] = cleanDeep(copy[key]);
  return copy as T;
}

const cleaned = (value: unknown): unknown => cleanDeep(value);
