/** Tools that the provider runs. What is said here is passed on; nothing of it runs in this process. */
import { UserError } from '../event/errors.ts';
import type { HostedTool, ToolAllowedCallers } from './tool.ts';
import { attachClientToolSearchExecutor, type ClientToolSearchExecutor } from './tool-search.ts';

type Named<T> = T | (string & {});

/** Where a search should think it is. */
export interface WebSearchUserLocation {
  type?: 'approximate';
  city?: string | null;
  country?: string | null;
  region?: string | null;
  timezone?: string | null;
}

export type WebSearchTool = {
  type: 'web_search';
  name?: Named<'web_search' | 'web_search_preview'>;
  userLocation?: WebSearchUserLocation | null;
  filters?: { allowedDomains?: string[] | null };
  searchContextSize: 'low' | 'medium' | 'high';
  /** False searches what the provider has stored, and nothing live. */
  externalWebAccess?: boolean;
  searchContentTypes?: ('text' | 'image')[];
  imageSettings?: { maxResults?: number; caption?: boolean };
};

/** The provider searches the web. */
export function webSearchTool(options: Partial<Omit<WebSearchTool, 'type'>> = {}): HostedTool {
  const { name = 'web_search', userLocation, filters, externalWebAccess, searchContentTypes, imageSettings } = options;
  return hosted(name, {
    type: 'web_search',
    name,
    user_location: userLocation,
    filters: filters && defined({ allowed_domains: filters.allowedDomains }),
    search_context_size: options.searchContextSize ?? 'medium',
    external_web_access: externalWebAccess,
    search_content_types: searchContentTypes,
    image_settings: imageSettings && defined({ max_results: imageSettings.maxResults, caption: imageSettings.caption }),
  });
}

export type FileSearchTool = {
  type: 'file_search';
  name?: Named<'file_search'>;
  vectorStoreId: string[];
  maxNumResults?: number;
  /** Asks for the passages that were found, too. */
  includeSearchResults?: boolean;
  rankingOptions?: Record<string, unknown>;
  filters?: Record<string, unknown>;
};

/** The provider searches files in its vector stores. */
export function fileSearchTool(
  vectorStoreIds: string | string[],
  options: Partial<Omit<FileSearchTool, 'type' | 'vectorStoreId'>> = {},
): HostedTool {
  const { name = 'file_search', maxNumResults, includeSearchResults, rankingOptions, filters } = options;
  return hosted(name, {
    type: 'file_search',
    name,
    vector_store_ids: Array.isArray(vectorStoreIds) ? vectorStoreIds : [vectorStoreIds],
    max_num_results: maxNumResults,
    include_search_results: includeSearchResults,
    ranking_options: rankingOptions,
    filters,
  });
}

export type CodeInterpreterTool = {
  type: 'code_interpreter';
  name?: Named<'code_interpreter'>;
  /** Asks for what the code put out, too. */
  includeOutputs?: boolean;
  container?: string | { type: 'auto'; [more: string]: unknown };
  allowedCallers?: ToolAllowedCallers;
};

/** The provider runs code that the model writes, in a container of its own. */
export function codeInterpreterTool(options: Partial<Omit<CodeInterpreterTool, 'type'>> = {}): HostedTool {
  const { name = 'code_interpreter', container = { type: 'auto' }, includeOutputs, allowedCallers } = options;
  return hosted(name, {
    type: 'code_interpreter',
    name,
    container,
    include_outputs: includeOutputs,
    allowed_callers: allowedCallers,
  });
}

export type ImageGenerationTool = {
  type: 'image_generation';
  name?: Named<'image_generation'>;
  action?: 'generate' | 'edit' | 'auto';
  background?: Named<'transparent' | 'opaque' | 'auto'>;
  inputFidelity?: 'high' | 'low' | null;
  inputImageMask?: { file_id?: string; image_url?: string };
  model?: Named<'gpt-image-1' | 'gpt-image-1-mini' | 'gpt-image-1.5'>;
  moderation?: Named<'auto' | 'low'>;
  outputCompression?: number;
  outputFormat?: Named<'png' | 'webp' | 'jpeg'>;
  partialImages?: number;
  quality?: Named<'low' | 'medium' | 'high' | 'auto'>;
  size?: Named<'1024x1024' | '1024x1536' | '1536x1024' | 'auto'>;
};

/** The provider makes pictures. */
export function imageGenerationTool(options: Partial<Omit<ImageGenerationTool, 'type'>> = {}): HostedTool {
  const { name = 'image_generation', action, background, model, moderation, quality, size } = options;
  return hosted(name, {
    type: 'image_generation',
    name,
    action,
    background,
    input_fidelity: options.inputFidelity,
    input_image_mask: options.inputImageMask,
    model,
    moderation,
    output_compression: options.outputCompression,
    output_format: options.outputFormat,
    partial_images: options.partialImages,
    quality,
    size,
  });
}

export type ProgrammaticToolCallingTool = HostedTool & {
  type: 'hosted_tool';
  name: 'programmatic_tool_calling';
  providerData: { type: 'programmatic_tool_calling' };
};

/** The model may write programs that call tools; the provider runs them. */
export function programmaticToolCallingTool(): ProgrammaticToolCallingTool {
  return {
    type: 'hosted_tool',
    name: 'programmatic_tool_calling',
    providerData: { type: 'programmatic_tool_calling' },
  };
}

export type ToolSearchTool<TContext = unknown> = {
  type: 'tool_search';
  name?: 'tool_search';
  /** Who searches: the provider (default), or this process. */
  execution?: 'client' | 'server';
  description?: string | null;
  /** What a search by this process takes. */
  parameters?: unknown;
  /** Searches, for `execution: 'client'`. Without it the tools whose loading is deferred are found by their names. */
  execute?: ClientToolSearchExecutor<TContext>;
};

/**
 * The model searches for tools before it is told of them all.
 *
 * @throws UserError OPTION_TYPE when there is an `execute` that nobody would call
 */
export function toolSearchTool<TContext = unknown>(
  options: Partial<Omit<ToolSearchTool<TContext>, 'type'>> = {},
): HostedTool {
  const { name = 'tool_search', execution, description, parameters, execute } = options;
  if (execute && execution !== 'client') {
    throw new UserError(
      "toolSearchTool(): execute is only called with execution: 'client'. Set it, or leave execute out.",
      {
        code: 'OPTION_TYPE',
      },
    );
  }
  const made = hosted(name, { type: 'tool_search', name, execution, description, parameters });
  return execute ? attachClientToolSearchExecutor(made, execute as ClientToolSearchExecutor) : made;
}

function hosted(name: string, providerData: Record<string, unknown>): HostedTool {
  return { type: 'hosted_tool', name, providerData: defined(providerData) };
}

export function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
