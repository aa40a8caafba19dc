/** The pages, as a bundler makes them of their sources, in memory. */
import { join } from 'node:path';
import { build, type Rolldown } from 'vite';

const pages = ['run', 'chat', 'cases'] as const;
export type Page = (typeof pages)[number];

export async function buildPages(): Promise<ReadonlyMap<string, string>> {
  const result = (await build({
    configFile: false,
    logLevel: 'error',
    mode: 'development',
    // React's own, which mounts everything twice in StrictMode.
    define: { 'process.env.NODE_ENV': '"development"' },
    resolve: { conditions: ['@tailrace/source', 'module', 'browser', 'development|production'] },
    build: {
      write: false,
      minify: false,
      modulePreload: false,
      rolldownOptions: {
        input: Object.fromEntries(pages.map((page) => [page, join(import.meta.dirname, `pages/${page}-page.tsx`)])),
        output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  })) as Rolldown.RolldownOutput;
  return new Map(result.output.map((file) => [`/${file.fileName}`, file.type === 'chunk' ? file.code : '']));
}
