import { isDurable, isTerminal, type RunEvent } from '../event/run-event.ts';

/** Events that are committed together. */
export class Group {
  readonly events: RunEvent[] = [];
  /** Estimated, where the writer counts. */
  bytes = 0;
  /** True when one of them must be on disk before its writer goes on. */
  durable = false;
  /** True when the last of them ends the run. */
  terminal = false;

  add(event: RunEvent): void {
    this.events.push(event);
    if (!isDurable(event)) return;
    this.durable = true;
    if (isTerminal(event)) this.terminal = true;
  }
}
