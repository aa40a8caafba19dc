import type { HandlerOptions } from 'tailrace/http';

export { support } from './agents.ts';

export const authorize: HandlerOptions['authorize'] = () => ({ id: 'ali' });
export const hosts = ['agents.example.com'];
export const limits = { bodyBytes: 100 };
