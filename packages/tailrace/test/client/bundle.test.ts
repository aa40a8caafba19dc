// What a page loads: the client's own files and nothing else.
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Rolldown } from 'vite';
import { expect, it } from 'vitest';

const src = join(import.meta.dirname, '../../src');

async function bundled(entry: string): Promise<Rolldown.OutputChunk> {
  const result = (await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      target: 'es2022',
      lib: { entry: join(src, entry), formats: ['es'] },
      rolldownOptions: { external: ['react'] },
    },
  })) as Rolldown.RolldownOutput[];
  const [chunk, ...others] = result.flatMap(({ output }) => output);
  expect(others).toEqual([]);
  if (chunk?.type !== 'chunk') throw new Error('There is no code.');
  return chunk;
}

it.each(['client', 'react'])('tailrace/%s is its own files', async (room) => {
  const { code, moduleIds, imports } = await bundled(`${room}/index.ts`);
  const foreign = moduleIds.filter((id) => !id.startsWith(join(src, 'client')) && !id.startsWith(join(src, 'react')));
  expect(foreign).toEqual([]);
  expect(imports).toEqual(room === 'react' ? ['react'] : []);
  expect(code).not.toMatch(/["']node:|\brequire\(|\bprocess\.|\bBuffer\b/);
  // Browsers that have everything else do not have these, or not on every page.
  expect(code).not.toMatch(/Symbol\.(asyncD|d)ispose|randomUUID/);
  console.log(`figure: tailrace/${room} ${code.length} bytes bundled, ${gzipSync(code).length} compressed`);
});
