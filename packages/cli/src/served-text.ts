/** What `tailrace serve` says when it is up: where, what there is, and a line to try. */
import type { ServedModule } from './served-module.ts';
import { safeText } from './terminal-text.ts';

const ROUTES: readonly (readonly [route: string, does: string])[] = [
  ['POST /runs', 'begins a run; with "stream": true its events come as they happen'],
  ['GET  /runs/:id/events', 'the events of a run, from any position, also after leaving'],
  ['GET  /runs/:id', 'how a run stands'],
  ['POST /runs/:id/cancel', 'stops it; /approvals/:callId, /answers/:callId and /input steer it'],
  ['POST /v1/responses', 'the same for clients of OpenAI; the agent is the "model"'],
  ['POST /chat, /ag-ui', "the same for the AI SDK's useChat, and for AG-UI"],
  ['GET  /openapi.json', 'all routes, and what they take'],
];

export function servedText(url: string, { agents, authorize }: ServedModule, db: string): string {
  const names = Object.keys(agents);
  const width = Math.max(...ROUTES.map(([route]) => route.length));
  const routes = ROUTES.map(([route, does]) => `  ${route.padEnd(width)}  ${does}`);
  const body = JSON.stringify({ agent: names[0], input: 'Hello', stream: true });
  const quoted = body.replaceAll("'", String.raw`'\''`);
  const credentials = authorize ? ' (with what your authorize asks for)' : '';
  return safeText(
    [
      `Serving ${names.map((name) => `'${name}'`).join(', ')} on ${url}`,
      '',
      ...routes,
      '',
      `Try it${credentials}:`,
      `  curl -N ${url}/runs -H 'content-type: application/json' -d '${quoted}'`,
      '',
      `Runs are kept in ${db}. Ctrl-C stops.`,
      '',
    ].join('\n'),
  );
}
