/** A logger by the names that `@openai/agents` has. Tailrace itself logs nothing of what models and tools say. */
export interface Logger {
  readonly namespace: string;
  /** Prints when the environment variable DEBUG names the namespace. */
  debug(message: string, ...args: unknown[]): void;
  error(message: string, ...args: unknown[]): void;
  warn(message: string, ...args: unknown[]): void;
  /** What whoever logs should keep to: true until `setSensitiveDataLoggingEnabled(true)`. */
  readonly dontLogModelData: boolean;
  readonly dontLogToolData: boolean;
}

/* oxlint-disable no-console -- what a logger is for */

let sensitive = false;

/** Says to loggers that prompts, answers, arguments and outputs may be logged. Off by default; spans and events have settings of their own. */
export function setSensitiveDataLoggingEnabled(enabled: boolean): void {
  sensitive = enabled;
}

/** A logger that prints with `console`, each line with its namespace. */
export function getLogger(namespace: string = 'tailrace'): Logger {
  return {
    namespace,
    debug: (message, ...args) => {
      if (named(namespace)) console.debug(`${namespace} ${message}`, ...args);
    },
    error: (message, ...args) => console.error(`${namespace} ${message}`, ...args),
    warn: (message, ...args) => console.warn(`${namespace} ${message}`, ...args),
    get dontLogModelData() {
      return !sensitive;
    },
    get dontLogToolData() {
      return !sensitive;
    },
  };
}

function named(namespace: string): boolean {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  const patterns = (process?.env?.['DEBUG'] ?? '').split(/[\s,]+/);
  return patterns.some((pattern) =>
    pattern.endsWith('*') ? namespace.startsWith(pattern.slice(0, -1)) : pattern === namespace,
  );
}
