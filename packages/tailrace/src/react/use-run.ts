/** A run in a React component. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { EMPTY_VIEW, type RunView, type StartOptions, type TailraceClient, viewRun } from '../client/index.ts';

export interface UseRunOptions {
  client: TailraceClient;
  /** The agent of runs that `start` begins. */
  agent?: string;
  /** A run to read at once: one that was begun before the page was loaded, or elsewhere. */
  runId?: string | undefined;
  /** Told of the id of each run that is begun, to be kept over a reload. */
  onRun?: (runId: string) => void;
}

export interface UseRun extends RunView {
  /** Why the run cannot be read. The run itself may well go on. */
  problem: unknown;
  start: (input: StartOptions['input'], options?: Omit<StartOptions, 'input' | 'signal' | 'agent'>) => void;
  stop: (reason?: string) => Promise<void>;
  approve: (callId: string) => Promise<void>;
  reject: (callId: string, message?: string) => Promise<void>;
}

/**
 * The run as it stands, and what can be done to it. A component that goes away leaves the run; it does not stop it. Events that come together are shown together.
 */
export function useRun({ client, agent, runId, onRun }: UseRunOptions): UseRun {
  const [view, setView] = useState<RunView>(EMPTY_VIEW);
  const [problem, setProblem] = useState<unknown>();
  const following = useRef<AbortController | undefined>(undefined);
  const current = useRef<string | undefined>(undefined);
  const told = useRef(onRun);
  told.current = onRun;

  const follow = useCallback((open: (signal: AbortSignal) => AsyncIterable<Parameters<typeof viewRun>[1]>): void => {
    following.current?.abort();
    const left = new AbortController();
    following.current = left;
    setView(EMPTY_VIEW);
    setProblem(undefined);
    void (async () => {
      try {
        for await (const event of open(left.signal)) {
          if (left.signal.aborted) return;
          if (current.current !== event.run) {
            current.current = event.run;
            told.current?.(event.run);
          }
          setView((before) => viewRun(before, event));
        }
      } catch (error) {
        if (!left.signal.aborted) setProblem(error);
      }
    })();
  }, []);

  useEffect(() => {
    if (runId !== undefined && runId !== current.current) {
      current.current = runId;
      follow((signal) => client.attach(runId, { signal }));
    }
  }, [client, runId, follow]);
  useEffect(
    () => () => {
      following.current?.abort();
      // A component that is shown again reads its run again.
      current.current = undefined;
    },
    [],
  );

  const start: UseRun['start'] = useCallback(
    (input, options = {}) => {
      current.current = undefined;
      follow((signal) => client.run({ ...options, ...(agent !== undefined && { agent }), input, signal }));
    },
    [client, agent, follow],
  );
  const id = useCallback((): string => {
    if (current.current !== undefined) return current.current;
    throw new Error('There is no run yet.');
  }, []);
  const stop: UseRun['stop'] = useCallback(
    async (reason) => client.cancel(id(), reason === undefined ? {} : { reason }),
    [client, id],
  );
  const approve: UseRun['approve'] = useCallback(async (callId) => client.approve(id(), callId), [client, id]);
  const reject: UseRun['reject'] = useCallback(
    async (callId, message) => client.reject(id(), callId, message === undefined ? {} : { message }),
    [client, id],
  );
  return { ...view, problem, start, stop, approve, reject };
}
