import { Hono } from 'hono';
import type { Handler } from 'tailrace/http';

/** A Hono app whose routes are those of `handler`, below `basePath`. Add routes of your own before it is served; they come first. */
export function mount(app: Hono, handler: Handler, basePath: string = ''): Hono {
  return app.all(`${basePath}/*`, (context) => handler(context.req.raw));
}

export function createApp(handler: Handler, basePath: string = ''): Hono {
  return mount(new Hono(), handler, basePath);
}
