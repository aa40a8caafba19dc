// Express comes without types; as much of them as the example needs.
declare module 'express' {
  import type { IncomingMessage, Server, ServerResponse } from 'node:http';

  type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;
  interface App {
    use(middleware: Middleware): App;
    get(path: string, handler: Middleware): App;
    listen(port: number, hostname: string): Server;
  }
  export default function express(): App;
}
