/** Whether a handler's options are what they must be, before anybody relies on them. */
import { checkOptions } from '../agent/option.ts';
import { UserError } from '../event/errors.ts';
import { checkOnDisconnect } from '../runtime/on-disconnect.ts';
import { hostname } from './gate.ts';
import { type HandlerLimits, type HandlerOptions, HTTP_DEFAULTS } from './options.ts';

const WHERE = 'createHandler()';

const NAMES = [
  'runtime',
  'agents',
  'store',
  'runConfig',
  'authorize',
  'context',
  'basePath',
  'onDisconnect',
  'exposeReasoning',
  'cors',
  'hosts',
  'heartbeatMs',
  'recheckMs',
  'limits',
  'onError',
] as const;

const LIMIT_NAMES: readonly (keyof HandlerLimits)[] = [
  'bodyBytes',
  'bodyDepth',
  'bodyMs',
  'runsPerPrincipal',
  'streamsPerPrincipal',
  'bufferedBytes',
  'stallMs',
  'authorizeMs',
];

/** @throws UserError OPTION_UNKNOWN, OPTION_TYPE, OPTION_RANGE, OPTION_CONFLICT */
export function checkHandlerOptions(options: HandlerOptions): void {
  checkOptions(WHERE, options, NAMES);
  for (const name of ['authorize', 'context', 'onError'] as const) checkIs('function', name, options[name]);
  checkIs('boolean', 'exposeReasoning', options.exposeReasoning);
  checkSource({ ...options });
  checkBasePath(options.basePath);
  checkOnDisconnect(WHERE, options.onDisconnect);
  checkCors(options.cors);
  checkHosts(options.hosts);
  for (const name of ['heartbeatMs', 'recheckMs'] as const) checkCount(name, options[name]);
  const { limits } = options;
  if (limits === undefined) return;
  checkOptions(`${WHERE} limits`, limits, LIMIT_NAMES);
  for (const name of LIMIT_NAMES) checkCount(`limits.${name}`, limits[name], HTTP_DEFAULTS[name]);
}

function checkSource({ runtime, agents, store, runConfig }: Readonly<Record<string, unknown>>): void {
  if (runtime !== undefined) {
    if (typeof runtime !== 'object' || runtime === null || !('submit' in runtime))
      throw wrong('runtime', 'what createRuntime() gives', runtime);
    if (agents === undefined && store === undefined && runConfig === undefined) return;
    throw new UserError(`${WHERE} takes a runtime, or agents, a store and a runConfig: a runtime has its own.`, {
      code: 'OPTION_CONFLICT',
    });
  }
  if (runConfig !== undefined && (typeof runConfig !== 'object' || runConfig === null || Array.isArray(runConfig)))
    throw wrong('runConfig', 'an object', runConfig);
  // What they hold is looked at by the runtime that is made of them.
  if (!agents || !store)
    throw new UserError(`${WHERE} needs a runtime, or agents and a store.`, { code: 'OPTION_TYPE' });
}

function checkBasePath(basePath: unknown): void {
  if (basePath === undefined || (typeof basePath === 'string' && /^(\/[\w.~-]+)*$/.test(basePath))) return;
  throw wrong('basePath', "'' or a path that begins with '/' and does not end with it", basePath);
}

function checkCors(cors: unknown): void {
  if (cors === undefined) return;
  if (typeof cors !== 'object' || cors === null || Array.isArray(cors))
    throw wrong('cors', "{ origins: ['https://app.example'] }", cors);
  checkOptions(`${WHERE} cors`, cors, ['origins', 'credentials']);
  const credentials: unknown = Reflect.get(cors, 'credentials');
  if (credentials !== undefined && typeof credentials !== 'boolean')
    throw wrong('cors.credentials', 'true or false', credentials);
  const origins: unknown = Reflect.get(cors, 'origins');
  if (!Array.isArray(origins)) throw wrong('cors.origins', "a list such as ['https://app.example']", origins);
  for (const [index, origin] of origins.entries()) checkOrigin(`cors.origins[${index}]`, origin);
}

/** A browser sends an origin in one form only, and any other would never be met. */
function checkOrigin(name: string, given: unknown): void {
  const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined;
  // Apps have schemes of their own, whose origins a URL does not tell.
  const origin = url && (url.origin === 'null' ? url.host && `${url.protocol}//${url.host}` : url.origin);
  const pattern = typeof given === 'string' && given.includes('*');
  if (origin === given && !pattern) return;
  const hint = pattern ? ' Each origin is listed by itself.' : origin ? ` Write '${origin}'.` : '';
  throw wrong(name, "an origin as browsers send it, such as 'https://app.example'", given, hint);
}

function checkHosts(hosts: unknown): void {
  if (hosts === undefined) return;
  if (!Array.isArray(hosts)) throw wrong('hosts', "a list such as ['runs.example']", hosts);
  for (const [index, host] of hosts.entries()) {
    const name = typeof host === 'string' ? hostname(host) : '';
    const plain = typeof host === 'string' && name !== '' && !name.includes('*');
    if (plain && host.toLowerCase().replace(/:\d+$/, '') === name) continue;
    const wanted = "a host's name as it stands in a Host header, such as 'runs.example' or 'runs.example:8080'";
    throw wrong(`hosts[${index}]`, wanted, host, plain ? ` Write '${name}'.` : '');
  }
}

function checkCount(name: string, value: unknown, usual?: number): void {
  if (value === undefined || (typeof value === 'number' && Number.isSafeInteger(value) && value > 0)) return;
  const hint = usual === undefined ? '' : ` Leave it out for ${usual}.`;
  throw wrong(name, 'a whole number of 1 or more', value, hint, 'OPTION_RANGE');
}

function checkIs(type: 'function' | 'boolean', name: string, value: unknown): void {
  if (value === undefined || typeof value === type) return;
  throw wrong(name, type === 'function' ? 'a function' : 'true or false', value);
}

function wrong(
  name: string,
  wanted: string,
  got: unknown,
  hint: string = '',
  code: 'OPTION_TYPE' | 'OPTION_RANGE' = 'OPTION_TYPE',
): UserError {
  return new UserError(`${WHERE}: ${name} must be ${wanted}, got ${shown(got)}.${hint}`, { code });
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 100));
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
