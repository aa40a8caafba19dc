import { isAgentsError } from '../event/errors.ts';
import type { RunState } from './run-state.ts';

/** Puts the run's state on an error of ours, where a debugger finds it and JSON does not. Another's error stays as it is. */
export function attachState(error: unknown, state: RunState): void {
  if (isAgentsError(error) && error.state === undefined)
    Object.defineProperty(error, 'state', { value: state, enumerable: false, configurable: true });
}
