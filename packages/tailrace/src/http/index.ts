export { createHandler, type Handler } from './handler.ts';
export { createNodeListener, type NodeListener } from './node-listener.ts';
export type { Action, Authorize, AuthorizeTarget, HandlerLimits, HandlerOptions, Principal } from './options.ts';
export type { HttpCode } from './http-error.ts';
