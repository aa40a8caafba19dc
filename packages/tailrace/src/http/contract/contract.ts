/** What a route takes and gives, as data: requests are checked by it, and the OpenAPI document is made of it. */
import type { Action } from '../options.ts';
import type { Schema } from './schema.ts';

export interface Contract {
  /** The name of the operation in the document. */
  id: string;
  summary: string;
  /** What `authorize` is asked. Undefined: the route is anybody's. */
  action?: Action;
  /** Of the path's variable parts. */
  params?: Readonly<Record<string, Schema>>;
  /** Texts, or whole numbers. Names that are not here are ignored: they may be `authorize`'s. */
  query?: Readonly<Record<string, Schema>>;
  headers?: Readonly<Record<string, Schema>>;
  body?: Schema;
  /** The request may have no body. */
  bodyOptional?: boolean;
  answers: Readonly<Record<number, Answer>>;
  /** Codes of errors that this route has beside those of every route. */
  errors?: readonly number[];
}

export interface Answer {
  description: string;
  /** Of a JSON answer. */
  schema?: Schema;
  /** Other types that the answer may have. */
  types?: readonly string[];
  /** Names of headers, with what they say. */
  headers?: Readonly<Record<string, string>>;
}
