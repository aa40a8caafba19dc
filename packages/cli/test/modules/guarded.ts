import type { Principal } from 'tailrace/http';

export { support } from './agents.ts';

export const authorize = (request: Request): Principal | null =>
  request.headers.get('authorization') === 'Bearer open-sesame' ? { id: 'ali' } : null;
