export {
  type ClientOptions,
  createClient,
  type FollowOptions,
  type RunState,
  type StartOptions,
  TailraceClient,
} from './client.ts';
export type {
  ClientContent,
  ClientError,
  ClientEvent,
  ClientItem,
  ClientRunEvent,
  ClientSnapshot,
  ClientUsage,
} from './client-event.ts';
export { TailraceClientError } from './client-failure.ts';
export type { EventReader } from './event-reader.ts';
export {
  EMPTY_VIEW,
  type RunView,
  type RunViewStatus,
  type ViewedApproval,
  type ViewedCall,
  type ViewedMessage,
  viewRun,
} from './run-view.ts';
