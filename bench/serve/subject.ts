import type { RequestListener } from 'node:http';

export interface ServeOptions {
  /** Of the model server, with the path that a client of the Responses API is given. */
  readonly model: string;
  /** A file that is not there yet, for subjects that keep logs. */
  readonly path: string;
  readonly onDisconnect: 'default' | 'cancel';
}

/** A server to measure: `POST /runs` with `{ "agent": "<model>", "input": "…", "stream": true }` streams an answer, each word as `"text":" word…"`. */
export interface ServedSubject {
  listener: RequestListener;
  /** Spans that were begun and not ended. */
  openSpans(): number;
}

export const MODELS = ['words:200:40', 'words:10:40', 'words:200:0', 'words:20:0', 'words:5000:40', 'hold'];
