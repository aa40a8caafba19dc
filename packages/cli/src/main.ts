#!/usr/bin/env node
import { defineCommand, runMain } from 'citty';
import { serveCommand } from './serve.ts';

await runMain(
  defineCommand({
    meta: { name: 'tailrace', description: 'Agents whose runs survive the client' },
    subCommands: { serve: serveCommand },
  }),
);
