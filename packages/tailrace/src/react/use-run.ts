/** A run in a React component. */
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { StartOptions, TailraceClient } from '../client/index.ts';
import { type Followed, FollowedRun, NOTHING } from './followed-run.ts';

export interface UseRunOptions {
  client: TailraceClient;
  /** The agent of runs that `start` begins. */
  agent?: string;
  /** A run to read at once: one that was begun before the page was loaded, or elsewhere. Another id shows another run; none any more shows none. */
  runId?: string | undefined;
  /** Told of the id of each run that is shown, to be kept over a reload. */
  onRun?: (runId: string) => void;
}

export interface UseRun extends Followed {
  /** Begins a run and shows it in place of the one before, which is left. */
  start: (input: StartOptions['input'], options?: Omit<StartOptions, 'input' | 'signal' | 'agent'>) => void;
  /** Goes on reading after a `problem`, where it was. */
  reconnect: () => void;
  /** Stops the run, wherever it is driven. */
  stop: (reason?: string) => Promise<void>;
  approve: (callId: string) => Promise<void>;
  reject: (callId: string, message?: string) => Promise<void>;
  /** Gives a call of `waits` its output: any JSON. */
  answer: (callId: string, answer: unknown) => Promise<void>;
  /** Says more to the run: it joins the conversation before the next turn. */
  send: (input: StartOptions['input']) => Promise<void>;
}

/**
 * The run as it stands, and what can be done to it. A component that goes away leaves the run; it does not stop it. Events that come within a frame are shown together.
 * What is asked of a run that is only being begun waits until it has its id.
 */
export function useRun({ client, agent, runId, onRun }: UseRunOptions): UseRun {
  const told = useRef(onRun);
  useEffect(() => {
    told.current = onRun;
  });
  const [followed] = useState(() => new FollowedRun((run) => told.current?.(run)));
  const view = useSyncExternalStore(followed.subscribe, followed.get, () => NOTHING);

  const given = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (runId === given.current) return;
    given.current = runId;
    // A run that was begun here and is given back by its id is the one that is shown.
    if (runId !== followed.run) followed.follow(runId === undefined ? undefined : client.attach(runId));
  }, [client, runId, followed]);
  useEffect(() => {
    followed.enter();
    return () => followed.leave();
  }, [followed]);

  const start: UseRun['start'] = useCallback(
    (input, options = {}) => followed.follow(client.run({ ...options, ...(agent !== undefined && { agent }), input })),
    [client, agent, followed],
  );
  const reconnect = useCallback(() => followed.again(), [followed]);
  const stop: UseRun['stop'] = useCallback(
    async (reason) => client.cancel(await followed.id(), reason === undefined ? {} : { reason }),
    [client, followed],
  );
  const approve: UseRun['approve'] = useCallback(
    async (callId) => client.approve(await followed.id(), callId),
    [client, followed],
  );
  const reject: UseRun['reject'] = useCallback(
    async (callId, message) => client.reject(await followed.id(), callId, message === undefined ? {} : { message }),
    [client, followed],
  );
  const answer: UseRun['answer'] = useCallback(
    async (callId, value) => client.answer(await followed.id(), callId, value),
    [client, followed],
  );
  const send: UseRun['send'] = useCallback(
    async (input) => client.input(await followed.id(), input),
    [client, followed],
  );
  return { ...view, start, reconnect, stop, approve, reject, answer, send };
}
