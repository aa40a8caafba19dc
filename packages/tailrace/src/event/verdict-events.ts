/** What was said of a run's input and output, and of its errors, by those who may. */
import type { Json } from '../base/json.ts';
import type { SerializedError } from './agents-error.ts';

/** A guardrail of the run or of an agent has given its verdict. */
export interface GuardrailReturned {
  type: 'guardrail.returned';
  kind: 'input' | 'output';
  guardrail: string;
  agent: string;
  tripped: boolean;
  /** What the guardrail said, when JSON can carry it. */
  info?: Json;
}

/** Output was held back by a guardrail. */
export interface OutputBlocked {
  type: 'output.blocked';
  guardrail: string;
  /** What takes the place of the outputs of these calls, for everybody who looks at the run from now on. */
  message?: string;
  calls?: string[];
}

/** A handler of the caller's gave a final output in place of an error. The message that says so, where there is one, follows in the same append. */
export interface ErrorHandled {
  type: 'error.handled';
  kind: 'maxTurns' | 'modelRefusal' | 'invalidFinalOutput';
  error: SerializedError;
  agent: string;
  /** The final output, as text. */
  output: string;
  /** Whether it is part of the conversation. */
  inHistory: boolean;
}
