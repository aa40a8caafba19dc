export { useRun, type UseRun, type UseRunOptions } from './use-run.ts';
