/** OpenTelemetry: `setTraceProcessors([new OpenTelemetryTraceProcessor()])`. Needs the package `@opentelemetry/api`. */
export { DerivedIdGenerator } from './derived-ids.ts';
export { OpenTelemetryTraceProcessor, type OpenTelemetryProcessorOptions } from './processor.ts';
