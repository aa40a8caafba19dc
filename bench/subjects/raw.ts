/** The floor over fetch. */
import type { Subject } from '../task.ts';
import { rawSubject } from './raw-loop.ts';

export const subject: Subject = rawSubject(async (url, body, onChunk) => {
  const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-bench' };
  const response = await fetch(url, { method: 'POST', headers, body });
  if (!response.ok || !response.body) throw new Error(`Status ${response.status}`);
  for await (const chunk of response.body) onChunk(chunk as Uint8Array);
});
