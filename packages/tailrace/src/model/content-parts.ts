import type {
  FunctionCallResultItem,
  InputFile,
  InputImage,
  PromptCacheBreakpoint,
  ToolCallOutputContent,
  ToolCallStructuredOutput,
  ToolOutputFileContent,
  ToolOutputImage,
} from '../event/item.ts';

/** A file as both wires name its places. */
export interface WireFile {
  readonly file_id?: string;
  readonly file_data?: string;
  readonly file_url?: string;
  readonly filename?: string;
}

export function wireFile(part: InputFile): WireFile {
  const { file, filename } = part;
  const name = filename === undefined ? {} : { filename };
  if (typeof file === 'string')
    return { ...(/^https?:/i.test(file) ? { file_url: file } : { file_data: file }), ...name };
  if (file === undefined) return name;
  return { ...('id' in file ? { file_id: file.id } : { file_url: file.url }), ...name };
}

/** An image as the Responses API names its place. */
export function wireImage(part: InputImage): { image_url?: string; file_id?: string } {
  const { image } = part;
  if (image === undefined) return {};
  return typeof image === 'string' ? { image_url: image } : { file_id: image.id };
}

/** Where a part says that what comes up to it is kept, as both wires say it. */
export function cacheMark({ promptCacheBreakpoint: mark }: { promptCacheBreakpoint?: PromptCacheBreakpoint }): {
  prompt_cache_breakpoint?: PromptCacheBreakpoint;
} {
  return mark ? { prompt_cache_breakpoint: mark } : {};
}

/** What a tool gave: one text, or a list of parts in the words of input content. */
export function toolOutput(output: FunctionCallResultItem['output']): string | ToolCallStructuredOutput[] {
  if (typeof output === 'string') return output;
  if (Array.isArray(output)) return output;
  return output.type === 'text' ? output.text : [asInput(output)];
}

function asInput(output: Exclude<ToolCallOutputContent, { type: 'text' }>): ToolCallStructuredOutput {
  return output.type === 'image' ? imageInput(output) : fileInput(output);
}

function imageInput({ image, detail }: ToolOutputImage): InputImage {
  const extra = detail === undefined ? {} : { detail };
  if (image === undefined) return { type: 'input_image', ...extra };
  if (typeof image === 'string') return { type: 'input_image', image, ...extra };
  if ('url' in image) return { type: 'input_image', image: image.url, ...extra };
  if ('fileId' in image) return { type: 'input_image', image: { id: image.fileId }, ...extra };
  return { type: 'input_image', image: dataUrl(image.data, image.mediaType ?? 'image/png'), ...extra };
}

function fileInput({ file }: ToolOutputFileContent): InputFile {
  if (typeof file === 'string') return { type: 'input_file', file };
  const name = file.filename === undefined ? {} : { filename: file.filename };
  if ('data' in file) return { type: 'input_file', file: dataUrl(file.data, file.mediaType), ...name };
  return { type: 'input_file', file: 'url' in file ? { url: file.url } : { id: file.id }, ...name };
}

function dataUrl(data: string, mediaType: string): string {
  return data.startsWith('data:') ? data : `data:${mediaType};base64,${data}`;
}
