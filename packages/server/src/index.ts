export { createApp, mount } from './app.ts';
export { checkReach, type RunningServer, serve, type ServeOptions, type ServerLimits } from './serve.ts';
