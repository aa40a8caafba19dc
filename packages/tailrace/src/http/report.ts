/** Tells whoever is responsible of what went wrong. */
import { tellObserver } from '../base/observer.ts';
import type { HandlerOptions } from './options.ts';

export type Report = (error: unknown, request: Request | undefined) => void;

/** Tells `onError`, if there is one. Never throws. */
export function reporter({ onError }: Pick<HandlerOptions, 'onError'>): Report {
  return (error, request) => tellObserver(() => onError?.(error, request));
}
