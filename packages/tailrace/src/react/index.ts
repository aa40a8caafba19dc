export type { Followed } from './followed-run.ts';
export { useRun, type UseRun, type UseRunOptions } from './use-run.ts';
