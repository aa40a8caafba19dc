import { createHook } from 'node:async_hooks';

interface Timer {
  readonly resource: { hasRef(): boolean };
  readonly at: string;
}

// It reports its progress by timers that it sets and clears while a test runs.
const RUNNER = /\/node_modules\/(?:@vitest|vitest)\//;

/**
 * Follows each timer that is set from now on. Counting the process's timers would not do: the test runner sets and clears its own meanwhile.
 */
export class TimerWitness implements Disposable {
  readonly #timers = new Map<number, Timer>();
  readonly #hook = createHook({
    init: (id, type, _trigger, resource) => {
      if (type !== 'Timeout') return;
      const at = callSite(new Error().stack ?? '');
      if (!RUNNER.test(at)) this.#timers.set(id, { resource: resource as Timer['resource'], at });
    },
    destroy: (id) => void this.#timers.delete(id),
    trackPromises: false,
  });

  constructor() {
    this.#hook.enable();
  }

  /** Where the timers were set that have neither fired nor been cleared, and that keep the process alive. */
  active(): string[] {
    return [...this.#timers.values()].filter(({ resource }) => resource.hasRef()).map(({ at }) => at);
  }

  [Symbol.dispose](): void {
    this.#hook.disable();
    this.#timers.clear();
  }
}

function callSite(stack: string): string {
  const line = stack.split('\n').find((each) => / at /.test(each) && !/node:|clean-run-timers|async_hooks/.test(each));
  return line?.trim() ?? 'somewhere inside of Node';
}
