#!/usr/bin/env node
// The sources are run as they are, in this process, so that a signal comes once: this names the condition under which the packages give them.
import { registerHooks } from 'node:module';

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier, { ...context, conditions: [...context.conditions, '@tailrace/source'] }),
});
await import('./src/main.ts');
