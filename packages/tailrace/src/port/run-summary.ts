/** How a run stands, as far as its first and its last event say it: for every store to keep beside the head. */
import type { Json } from '../base/json.ts';
import type { RunEvent } from '../event/run-event.ts';
import type { RunHead } from './log-store.ts';

/** `submitted`: nobody has begun it yet. `suspended`: it waits for a decision, for input, or for a time, and holds nothing. */
export type RunStatusName = 'submitted' | 'running' | 'suspended' | 'completed' | 'failed' | 'cancelled';

/** What a run's first event says of it. */
export interface RunAbout {
  /** The name that its agent is registered by; the agent's own for a run that no runtime was given. */
  agent: string;
  sessionId?: string;
  metadata?: Json;
  /** On whose behalf it was submitted. */
  principal?: string;
  /** When it was submitted, or begun: wall clock, milliseconds since the epoch. */
  at: number;
}

/** One run of a list. A run that was claimed and never begun has its head alone. */
export interface RunListing extends RunHead {
  status?: RunStatusName;
  about?: RunAbout;
  /** When it was last written to: wall clock, milliseconds since the epoch. */
  updatedAt?: number;
}

/** Undefined for a log that does not begin as a run does. */
export function aboutRun(first: RunEvent | undefined): RunAbout | undefined {
  if (first?.type !== 'run.started') return undefined;
  const { registered, agent, sessionId, metadata, principal, at } = first;
  return {
    agent: registered ?? agent,
    ...(sessionId !== undefined && { sessionId }),
    ...(metadata !== undefined && { metadata }),
    ...(principal !== undefined && { principal }),
    at,
  };
}

const STATUSES: ReadonlyMap<RunEvent['type'], RunStatusName> = new Map<RunEvent['type'], RunStatusName>([
  ['run.completed', 'completed'],
  ['run.failed', 'failed'],
  ['run.cancelled', 'cancelled'],
  ['run.suspended', 'suspended'],
]);

/** How a run stands whose log ends with this event. */
export function statusAt(last: RunEvent): RunStatusName {
  if (last.type === 'run.started' && last.registered !== undefined) return 'submitted';
  return STATUSES.get(last.type) ?? 'running';
}
