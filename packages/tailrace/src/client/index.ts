export {
  type ClientOptions,
  createClient,
  type FollowOptions,
  type ListOptions,
  type RunListed,
  type RunPage,
  type RunState,
  type RunStateName,
  type StartOptions,
  TailraceClient,
} from './client.ts';
export type {
  ClientApproval,
  ClientContent,
  ClientError,
  ClientEventBody,
  ClientItem,
  ClientRunEvent,
  ClientUsage,
  ClientWait,
} from './client-event.ts';
export { TailraceClientError } from './client-failure.ts';
export type { EventReader } from './event-reader.ts';
export type { ClientEvent, ClientSnapshot } from './client-snapshot.ts';
export { EMPTY_VIEW, viewRun } from './run-view.ts';
export type { RunView, RunViewStatus, ViewedCall, ViewedMessage } from './viewed-run.ts';
