import { OpenAITracingExporter } from './model/openai-tracing-exporter.ts';
import { BatchTraceProcessor } from './view/trace/batch-trace-processor.ts';
import { setTraceProcessors } from './view/trace/provider.ts';

/** Sends the traces of this process to OpenAI's dashboard, in batches, instead of to the processors set before. Without this call nothing is sent there. */
export function setDefaultOpenAITracingExporter(): void {
  setTraceProcessors([new BatchTraceProcessor(new OpenAITracingExporter())]);
}
