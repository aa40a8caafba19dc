// Run by a test, with `--disable-proto=throw`: what uses `__proto__` anywhere throws.
import { guarded } from './guarded.ts';

await using served = guarded();
const id = await served.waiting('alice');
const answers = [
  await served.post(
    'alice',
    '/runs',
    '{"agent":"echo","input":"Hi","metadata":{"__proto__":1},"sessionId":"__proto__"}',
  ),
  await served.post('alice', '/runs', '{"agent":"echo","input":"Hi","__proto__":{}}'),
  await served.post('alice', '/runs', { agent: '__proto__', input: 'Hi' }),
  await served.post('alice', `/runs/${id}/approvals/__proto__`, { approved: true }),
  await served.post('alice', `/runs/${id}/approvals/c1`, { approved: true }),
  await served.post('alice', '/v1/responses', { model: 'echo', input: 'Hi', metadata: { ['__proto__']: 'x' } }),
  await served.ask('alice', '/openapi.json'),
];
for (const answer of answers) await answer.text();
process.stdout.write(
  JSON.stringify({ statuses: answers.map(({ status }) => status), errors: served.errors.map(String) }),
);
