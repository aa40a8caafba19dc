/** What a run waits for, as interrupts. An interrupt's id names its run, so that an answer to one can never reach another. */
import type { ApprovalRequested, WaitStarted } from '../../event/mail-events.ts';
import type { RunEvent } from '../../event/run-event.ts';
import type { AgUiInterrupt } from './ag-ui-event.ts';

export class AgUiInterrupts {
  readonly #run: string;
  readonly #open: Map<string, AgUiInterrupt> = new Map();

  constructor(run: string) {
    this.#run = run;
  }

  /** Events of nested agents, too: what they wait for, the run waits for. */
  take(event: RunEvent): void {
    switch (event.type) {
      case 'approval.requested':
        this.#open.set(event.step, approvalInterrupt(interruptId(this.#run, event.step), event, !event.scope));
        return;
      case 'approval.decided':
        if (event.step !== undefined) this.#open.delete(event.step);
        return;
      case 'wait.started':
        this.#open.set(event.step, waitInterrupt(interruptId(this.#run, event.step), event, !event.scope));
        return;
      case 'wait.ended':
        this.#open.delete(event.step);
        return;
      default:
    }
  }

  open(): AgUiInterrupt[] {
    return [...this.#open.values()];
  }
}

export function interruptId(run: string, step: string): string {
  return `${run}:${step}`;
}

const DECISION = {
  type: 'object',
  properties: { approved: { type: 'boolean' }, reason: { type: 'string' } },
  required: ['approved'],
};

function approvalInterrupt(id: string, asked: ApprovalRequested, own: boolean): AgUiInterrupt {
  const { tool, agent, callId, expiresAt, arguments: args } = asked;
  return {
    id,
    reason: 'tool_approval',
    message: `May ${agent} call ${tool}?`,
    ...(own && { toolCallId: callId }),
    responseSchema: DECISION,
    ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() }),
    metadata: { tool, agent, arguments: args },
  };
}

function waitInterrupt(id: string, wait: WaitStarted, own: boolean): AgUiInterrupt {
  const { tool, agent, callId, prompt, until } = wait;
  const timer = wait.for === 'timer';
  return {
    id,
    reason: timer ? 'timer' : 'input_required',
    ...(typeof prompt === 'string' && { message: prompt }),
    ...(own && { toolCallId: callId }),
    ...(until !== undefined && !timer && { expiresAt: new Date(until).toISOString() }),
    metadata: { tool, agent, prompt, ...(timer && until !== undefined && { until: new Date(until).toISOString() }) },
  };
}
