/** Items and tools that are no functions, in the words of the Responses API and back. */
import type { AgentInputItem, AgentOutputItem } from '../event/item.ts';
import {
  type ApplyPatchOperation,
  type ComputerAction,
  searchExecution,
  type ShellCallOutputContent,
  type ToolCaller,
  type ToolSearchCallItem,
  type ToolSearchOutputItem,
} from '../event/local-items.ts';
import { isObject, listOr, objectOr, type ProviderObject, textOr } from './provider-object.ts';

export type LocalItem = Extract<
  AgentInputItem,
  {
    type:
      | 'computer_call'
      | 'computer_call_result'
      | 'shell_call'
      | 'shell_call_output'
      | 'apply_patch_call'
      | 'apply_patch_call_output'
      | 'tool_search_call'
      | 'tool_search_output'
      | 'program'
      | 'program_output';
  }
>;

/** The item as the API takes it. */
export function localItem(item: LocalItem): ProviderObject {
  const base = { type: item.type, ...(item.id === undefined ? {} : { id: item.id }) };
  switch (item.type) {
    case 'computer_call': {
      const checks = item.providerData?.['pending_safety_checks'] ?? item.providerData?.['pendingSafetyChecks'];
      return {
        ...base,
        call_id: item.callId,
        status: item.status,
        ...(checks === undefined ? {} : { pending_safety_checks: checks }),
        ...(item.action === undefined ? {} : { action: wireAction(item.action) }),
        ...(item.actions === undefined ? {} : { actions: item.actions.map(wireAction) }),
      };
    }
    case 'computer_call_result': {
      const checks =
        item.providerData?.['acknowledgedSafetyChecks'] ?? item.providerData?.['acknowledged_safety_checks'];
      return {
        ...base,
        type: 'computer_call_output',
        call_id: item.callId,
        output: { type: 'computer_screenshot', image_url: item.output.data },
        ...(checks === undefined ? {} : { acknowledged_safety_checks: checks }),
      };
    }
    case 'shell_call': {
      const { commands, timeoutMs, maxOutputLength } = item.action;
      const action = {
        commands,
        ...(timeoutMs === undefined ? {} : { timeout_ms: timeoutMs }),
        ...(maxOutputLength === undefined ? {} : { max_output_length: maxOutputLength }),
      };
      return { ...base, call_id: item.callId, ...statusOf(item.status), action, ...callerOf(item.caller) };
    }
    case 'shell_call_output': {
      const { maxOutputLength } = item;
      return {
        ...base,
        call_id: item.callId,
        output: item.output.map(wireOutput),
        ...statusOf(item.status),
        ...(maxOutputLength === undefined ? {} : { max_output_length: maxOutputLength }),
        ...callerOf(item.caller),
      };
    }
    case 'apply_patch_call':
      return {
        ...base,
        call_id: item.callId,
        status: item.status,
        operation: wireOperation(item.operation),
        ...callerOf(item.caller),
      };
    case 'apply_patch_call_output': {
      const output = item.output === undefined ? {} : { output: item.output };
      return { ...base, call_id: item.callId, status: item.status, ...output, ...callerOf(item.caller) };
    }
    case 'tool_search_call':
      return { ...base, ...statusOf(item.status), arguments: item.arguments, ...searchFields(item) };
    case 'tool_search_output':
      return { ...base, ...statusOf(item.status), tools: item.tools, ...searchFields(item) };
    case 'program':
      return { ...base, call_id: item.callId, code: item.code, fingerprint: item.fingerprint };
    case 'program_output':
      return { ...base, call_id: item.callId, result: item.output, status: item.status };
    default:
      return item satisfies never;
  }
}

/** An item of the API's that is one of these; undefined for any other. */
export function localOutput(item: ProviderObject): AgentOutputItem | undefined {
  const { call_id: givenId, status: _status, ...rest } = item;
  const id = textOr(item['id'], undefined);
  const callId = textOr(givenId, id ?? '');
  const base = { callId, ...(id === undefined ? {} : { id }) };
  switch (item['type']) {
    case 'computer_call': {
      const { action, actions, ...providerData } = rest;
      const list = listOr(actions).filter(isObject) as unknown as ComputerAction[];
      const one = (isObject(action) ? (action as unknown as ComputerAction) : list[0]) ?? undefined;
      return {
        type: 'computer_call',
        ...base,
        status: callStatus(item['status']),
        ...(one === undefined ? {} : { action: one }),
        ...(list.length === 0 ? {} : { actions: list }),
        providerData,
      };
    }
    case 'computer_call_output': {
      const { output, acknowledged_safety_checks: checks } = item;
      return {
        type: 'computer_call_result',
        ...base,
        output: { type: 'computer_screenshot', data: textOr(objectOr(output)['image_url'], '') },
        ...(checks === undefined ? {} : { providerData: { acknowledgedSafetyChecks: checks } }),
      };
    }
    case 'shell_call': {
      const { action, caller, ...providerData } = rest;
      const { commands, timeout_ms: timeoutMs, max_output_length: maxOutputLength } = objectOr(action);
      return {
        type: 'shell_call',
        ...base,
        status: callStatus(item['status']),
        action: {
          commands: listOr(commands).map(String),
          ...(typeof timeoutMs === 'number' ? { timeoutMs } : {}),
          ...(typeof maxOutputLength === 'number' ? { maxOutputLength } : {}),
        },
        ...callerIn(caller),
        providerData,
      };
    }
    case 'shell_call_output': {
      const { output, max_output_length: maxOutputLength, caller, ...providerData } = rest;
      return {
        type: 'shell_call_output',
        ...base,
        status: callStatus(item['status']),
        output: listOr(output).filter(isObject).map(shellOutput),
        ...(typeof maxOutputLength === 'number' ? { maxOutputLength } : {}),
        ...callerIn(caller),
        providerData,
      };
    }
    case 'apply_patch_call': {
      const { operation, caller, ...providerData } = rest;
      return {
        type: 'apply_patch_call',
        ...base,
        status: item['status'] === 'in_progress' ? 'in_progress' : 'completed',
        operation: patchOperation(objectOr(operation)),
        ...callerIn(caller),
        providerData,
      };
    }
    case 'apply_patch_call_output': {
      const { output, caller, ...providerData } = rest;
      return {
        type: 'apply_patch_call_output',
        ...base,
        status: item['status'] === 'failed' ? 'failed' : 'completed',
        ...(typeof output === 'string' ? { output } : {}),
        ...callerIn(caller),
        providerData,
      };
    }
    case 'tool_search_call': {
      const { arguments: asked, type: _type, id: _id, ...providerData } = rest;
      return {
        type: 'tool_search_call',
        ...searchBase(item),
        arguments: asked,
        providerData: searchData(item, providerData),
      };
    }
    case 'tool_search_output': {
      const { tools, type: _type, id: _id, ...providerData } = rest;
      const found = listOr(tools).filter(isObject);
      return {
        type: 'tool_search_output',
        ...searchBase(item),
        tools: found,
        providerData: searchData(item, providerData),
      };
    }
    case 'program': {
      const { code, fingerprint, type: _type, id: _id, ...providerData } = rest;
      return { type: 'program', ...base, code: textOr(code, ''), fingerprint: textOr(fingerprint, ''), providerData };
    }
    case 'program_output': {
      const { result, type: _type, id: _id, ...providerData } = rest;
      const status = item['status'] === 'incomplete' ? 'incomplete' : 'completed';
      return { type: 'program_output', ...base, output: textOr(result, ''), status, providerData };
    }
    default:
      return undefined;
  }
}

function searchBase({ id, status }: ProviderObject): { id?: string; status?: string } {
  return { ...(typeof id === 'string' ? { id } : {}), ...(typeof status === 'string' ? { status } : {}) };
}

// Where a search says which call it is of, and who searches: the item's own fields are for those who make items by hand.
function searchData({ call_id: callId }: ProviderObject, rest: ProviderObject): ProviderObject {
  return callId === undefined ? rest : { call_id: callId, ...rest };
}

function searchFields(item: ToolSearchCallItem | ToolSearchOutputItem): ProviderObject {
  const execution = searchExecution(item);
  const { callId, call_id: spelled, providerData } = item;
  return { call_id: callId ?? spelled ?? providerData?.['call_id'] ?? null, execution };
}

function wireAction(action: ComputerAction): ProviderObject {
  return { ...action };
}

function wireOutput({ stdout, stderr, outcome }: ShellCallOutputContent): ProviderObject {
  return {
    stdout,
    stderr,
    outcome: outcome.type === 'timeout' ? { type: 'timeout' } : { type: 'exit', exit_code: outcome.exitCode },
  };
}

function shellOutput({ stdout, stderr, outcome }: ProviderObject): ShellCallOutputContent {
  const { type, exit_code: code } = objectOr(outcome);
  const ended =
    type === 'timeout'
      ? ({ type: 'timeout' } as const)
      : ({ type: 'exit', exitCode: typeof code === 'number' ? code : null } as const);
  return { stdout: textOr(stdout, ''), stderr: textOr(stderr, ''), outcome: ended };
}

function wireOperation(operation: ApplyPatchOperation): ProviderObject {
  if (operation.type !== 'update_file') return { ...operation };
  const { moveTo, ...rest } = operation;
  return { ...rest, ...(moveTo === undefined ? {} : { move_to: moveTo }) };
}

function patchOperation({ type, path: given, diff: text, move_to: moveTo }: ProviderObject): ApplyPatchOperation {
  const path = textOr(given, '');
  const diff = textOr(text, '');
  if (type === 'delete_file') return { type, path };
  if (type === 'create_file') return { type, path, diff };
  return { type: 'update_file', path, diff, ...(typeof moveTo === 'string' ? { moveTo } : {}) };
}

function callStatus(status: unknown): 'in_progress' | 'completed' | 'incomplete' {
  return status === 'in_progress' || status === 'incomplete' ? status : 'completed';
}

function statusOf(status: string | undefined): { status?: string } {
  return status === undefined ? {} : { status };
}

/** Who made the call, as the API says it. */
export function callerOf(caller: ToolCaller | undefined): { caller?: ProviderObject } {
  if (caller === undefined) return {};
  return { caller: caller.type === 'direct' ? { type: 'direct' } : { type: 'program', caller_id: caller.callerId } };
}

export function callerIn(caller: unknown): { caller?: ToolCaller } {
  const { type, caller_id: callerId } = objectOr(caller);
  if (type === 'direct') return { caller: { type } };
  return type === 'program' && typeof callerId === 'string' ? { caller: { type, callerId } } : {};
}
