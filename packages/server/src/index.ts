export { createApp, mount } from './app.ts';
export { type RunningServer, serve, type ServeOptions, type ServerLimits } from './serve.ts';
