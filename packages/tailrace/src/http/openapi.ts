/** The OpenAPI 3.1 document of the routes, made of the contracts that requests are checked by. */
import type { Answer, Contract } from './contract/contract.ts';
import { ERROR } from './contract/parts.ts';
import type { Schema } from './contract/schema.ts';
import type { Route } from './route.ts';

type Part = Record<string, unknown>;

/** Of all routes, below `basePath`. */
export function openApiDocument(routes: readonly Route[], basePath: string): object {
  const components = new Map<string, unknown>();
  const paths: Record<string, Part> = {};
  for (const { method, path, contract } of routes) {
    const at = path.replaceAll(/:(\w+)/g, '{$1}');
    (paths[at] ??= {})[method.toLowerCase()] = operation(contract, components);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Tailrace', version: '1', description: 'Runs of agents, over HTTP.' },
    ...(basePath !== '' && { servers: [{ url: basePath }] }),
    paths,
    components: {
      schemas: Object.fromEntries([...components].sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        authorize: { type: 'http', scheme: 'bearer', description: 'Whatever the server’s `authorize` takes.' },
      },
    },
  };
}

function operation(contract: Contract, components: Map<string, unknown>): Part {
  const { id, summary, action, body, bodyOptional, answers } = contract;
  const schema = (of: Schema): unknown => referred(of, components);
  const parameters = [
    ...parametersOf('path', contract.params, schema),
    ...parametersOf('query', contract.query, schema),
    ...parametersOf('header', contract.headers, schema),
  ];
  const error = { description: 'An error, with its code.', content: { 'application/json': { schema: schema(ERROR) } } };
  return {
    operationId: id,
    summary,
    ...(action !== undefined && { 'x-action': action, security: [{ authorize: [] }] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: { required: bodyOptional !== true, content: { 'application/json': { schema: schema(body) } } },
    }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answerOf(answer, schema)])),
      ...Object.fromEntries((contract.errors ?? []).map((status) => [status, error])),
      default: error,
    },
  };
}

function parametersOf(
  place: 'path' | 'query' | 'header',
  of: Readonly<Record<string, Schema>> = {},
  schema: (of: Schema) => unknown,
): Part[] {
  return Object.entries(of).map(([name, each]) => ({
    name,
    in: place,
    ...(place === 'path' && { required: true }),
    schema: schema(each),
  }));
}

function answerOf({ description, schema, types = [], headers = {} }: Answer, refer: (of: Schema) => unknown): Part {
  const content = {
    ...(schema && { 'application/json': { schema: refer(schema) } }),
    ...Object.fromEntries(types.map((type) => [type, { schema: { type: 'string' } }])),
  };
  const told = Object.entries(headers).map(([name, says]) => [name, { description: says, schema: { type: 'string' } }]);
  return {
    description,
    ...(told.length > 0 && { headers: Object.fromEntries(told) }),
    ...(Object.keys(content).length > 0 && { content }),
  };
}

/** The schema, with a reference in place of each part that has a title. */
function referred(schema: Schema, components: Map<string, unknown>): unknown {
  const { title } = schema;
  if (title === undefined) return inner(schema, components);
  if (!components.has(title)) {
    components.set(title, {});
    components.set(title, inner(schema, components));
  }
  return { $ref: `#/components/schemas/${title}` };
}

function inner({ items, properties, anyOf, ...rest }: Schema, components: Map<string, unknown>): Part {
  return {
    ...rest,
    ...(items && { items: referred(items, components) }),
    ...(anyOf && { anyOf: anyOf.map((each) => referred(each, components)) }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, each]) => [name, referred(each, components)]),
      ),
    }),
  };
}
