import { checkOptions } from '../agent/option.ts';
import { UserError } from '../event/errors.ts';

/** Limits in milliseconds. Undefined: no limit. */
export interface RunTimeouts {
  /** The whole run. None by default. */
  runMs?: number | undefined;
  /** One turn. None by default. */
  turnMs?: number | undefined;
  /** One attempt at a model call; `modelSettings.timeoutMs` says it for one agent. None by default. */
  attemptMs?: number | undefined;
  /** From the request to the first event. None by default: local models are slow. */
  firstTokenMs?: number | undefined;
  /** Between two events of a stream, after the first. */
  idleMs?: number | undefined;
  /** How long a tool may take to settle after its signal aborted; then the call is abandoned. */
  toolGraceMs?: number | undefined;
}

const TIMEOUT_NAMES = ['runMs', 'turnMs', 'attemptMs', 'firstTokenMs', 'idleMs', 'toolGraceMs'] as const;

/** @throws UserError OPTION_UNKNOWN, OPTION_RANGE */
export function checkTimeouts(timeouts: RunTimeouts | undefined): void {
  if (!timeouts) return;
  checkOptions('timeouts', timeouts, TIMEOUT_NAMES);
  for (const name of TIMEOUT_NAMES) {
    const ms = timeouts[name];
    if (ms === undefined || (typeof ms === 'number' && ms >= 0)) continue;
    throw new UserError(`timeouts.${name} must be a number of milliseconds, 0 or more, got ${String(ms)}.`, {
      code: 'OPTION_RANGE',
    });
  }
}
