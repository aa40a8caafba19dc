export {
  type ClientOptions,
  createClient,
  type FollowOptions,
  type ListOptions,
  type RunListed,
  type RunState,
  type RunStateName,
  type StartOptions,
  TailraceClient,
} from './client.ts';
export type {
  ClientApproval,
  ClientContent,
  ClientEnd,
  ClientError,
  ClientEvent,
  ClientEventBody,
  ClientItem,
  ClientRunEvent,
  ClientSnapshot,
  ClientUsage,
  ClientWait,
} from './client-event.ts';
export { TailraceClientError } from './client-failure.ts';
export type { EventReader } from './event-reader.ts';
export {
  EMPTY_VIEW,
  type RunView,
  type RunViewStatus,
  type ViewedCall,
  type ViewedMessage,
  viewRun,
} from './run-view.ts';
