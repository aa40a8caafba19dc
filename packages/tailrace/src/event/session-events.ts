/** What a run and its session do, as its log has it. */
import type { SerializedError } from './agents-error.ts';
import type { AgentInputItem } from './item.ts';
import type { StepRef } from './step-events.ts';
import type { RequestUsageData } from './usage.ts';

/** What the session, or its callback, gave for the model to begin with. */
export interface SessionLoaded {
  type: 'session.loaded';
  input: AgentInputItem[];
  /** What of it goes into the session, where that is not the run's own input. */
  fresh?: AgentInputItem[];
}

/** Items are about to go into the session. */
export interface SessionCommitStarted extends StepRef {
  type: 'session.commit_started';
  items: number;
  /** The items, where the run's `callModelInputFilter` made them: of what was begun, it is not asked again. */
  filtered?: AgentInputItem[];
}

/** Items went into the session. A recorded step at a step boundary. */
export interface SessionCommitted extends StepRef {
  type: 'session.committed';
  items: number;
}

/** The session was asked to make its history shorter. */
export interface SessionCompacted {
  type: 'session.compacted';
  /** Absent when it did not need to, or could not. */
  usage?: RequestUsageData;
  /** Why it could not. The run goes on. */
  error?: SerializedError;
}
