// `bun fetch-server.ts`, `deno serve fetch-server.ts`: servers that take an object with `fetch`.
import { MemoryLogStore } from 'tailrace';
import { createHandler } from 'tailrace/http';
import { assistant } from './agents.ts';

const handler = createHandler({ agents: { assistant }, store: new MemoryLogStore() });

export default { fetch: (request: Request): Promise<Response> => handler(request), stop: () => handler.stop() };
