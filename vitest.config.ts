import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const source = '@tailrace/source';
const rooms = { tailrace: 'packages/tailrace', cli: 'packages/cli', server: 'packages/server', compat: 'compat' };

export default defineConfig({
  // As Node resolves: without 'module', behind which packages keep what only bundlers can load.
  ssr: { resolve: { conditions: [source, 'node', 'development|production'] } },
  test: {
    // One process per file: tests count listeners, sockets and timers of the whole process.
    pool: 'forks',
    maxWorkers: 2,
    // What hangs, hangs; what takes seconds here may take ten times as long on a busy machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    passWithNoTests: true,
    // The machine may be busy; what comes at once is seen at once.
    expect: { poll: { timeout: 10_000 } },
    projects: [
      ...Object.entries(rooms).map(([name, root]) => ({
        extends: true as const,
        test: {
          name,
          root,
          include: ['test/**/*.test.ts'],
          exclude: ['test/browser/**'],
        },
      })),
      {
        extends: true as const,
        test: {
          name: 'browser',
          root: 'packages/tailrace',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: [join(import.meta.dirname, 'scripts/chromium.ts')],
        },
      },
    ],
  },
});
