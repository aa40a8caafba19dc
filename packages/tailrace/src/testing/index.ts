export { logViolations } from './clean-run-log.ts';
export { TraceWitness } from './clean-run-traces.ts';
export {
  assertCleanRun,
  type AssertCleanRunOptions,
  CleanRunProbe,
  type CleanRunProbeOptions,
  type CleanRunTarget,
  type ReadableLog,
  startCleanRunProbe,
} from './clean-run.ts';
export { type ContractDriver, type DoomedDriver, driverContract } from './driver-contract.ts';
export { leaseStoreContract } from './lease-store-contract.ts';
export { presenceStoreContract, type TwoPresences } from './presence-store-contract.ts';
export { type ContractStore, logStoreContract, type RegisterTest } from './log-store-contract.ts';
export {
  InvalidScriptedModelStepError,
  type InvalidScriptedModelStepReason,
  ScriptedModelRequestAbortedError,
  UnconsumedModelStepsError,
  UnexpectedModelCallError,
} from './scripted-model-errors.ts';
export {
  assistantMessage,
  type AssistantMessageOptions,
  functionCall,
  type FunctionCallOptions,
  modelError,
  modelErrorAfter,
  modelResponder,
  modelResponse,
  modelStall,
  modelStream,
  modelStreamResponder,
  type RecordedModelCall,
  type ScriptedModelInput,
  type ScriptedModelResponse,
  type ScriptedModelRetryAdvice,
  type ScriptedModelStream,
} from './scripted-model-steps.ts';
export { ScriptedModel } from './scripted-model.ts';
export { textStream, type TextStreamOptions } from './scripted-model-text.ts';
export { startWireServer, type WireServer, type WireServerOptions } from './wire-server.ts';
export type {
  WireAnswer,
  WireBody,
  WireDelivery,
  WireEnd,
  WireEvent,
  WirePoint,
  WireRequest,
  WireScript,
  WireStep,
  WireUsage,
} from './wire-server-script.ts';
