/** Token counts as data, for one request or for many. */
export interface UsageData {
  requests?: number;
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  inputTokensDetails?: Record<string, number> | Record<string, number>[];
  outputTokensDetails?: Record<string, number> | Record<string, number>[];
  requestUsageEntries?: RequestUsageData[];
}

export interface RequestUsageData {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  inputTokensDetails?: Record<string, number>;
  outputTokensDetails?: Record<string, number>;
  endpoint?: string;
}

type Details = Record<string, number>;

/** Both spellings are accepted: camelCase, and the snake_case of the OpenAI API. */
export interface UsageInput extends Partial<Omit<UsageData, 'requestUsageEntries'>> {
  requestUsageEntries?: RequestUsageInput[];
  input_tokens?: number;
  output_tokens?: number;
  total_tokens?: number;
  input_tokens_details?: Details | Details[] | object;
  output_tokens_details?: Details | Details[] | object;
  request_usage_entries?: RequestUsageInput[];
}

/** The same of one request. */
export interface RequestUsageInput extends Partial<RequestUsageData> {
  input_tokens?: number;
  output_tokens?: number;
  total_tokens?: number;
  input_tokens_details?: object;
  output_tokens_details?: object;
}

/** Tokens of one request. */
export class RequestUsage {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  inputTokensDetails: Details;
  outputTokensDetails: Details;
  declare endpoint?: string;

  constructor(input: RequestUsageInput = {}) {
    this.inputTokens = countOf(input.inputTokens ?? input.input_tokens) ?? 0;
    this.outputTokens = countOf(input.outputTokens ?? input.output_tokens) ?? 0;
    this.totalTokens = countOf(input.totalTokens ?? input.total_tokens) ?? this.inputTokens + this.outputTokens;
    this.inputTokensDetails = numbersOf(input.inputTokensDetails ?? input.input_tokens_details ?? {});
    this.outputTokensDetails = numbersOf(input.outputTokensDetails ?? input.output_tokens_details ?? {});
    if (input.endpoint !== undefined) this.endpoint = input.endpoint;
  }

  toData(): RequestUsageData {
    const { inputTokens, outputTokens, totalTokens, inputTokensDetails, outputTokensDetails, endpoint } = this;
    const data = { inputTokens, outputTokens, totalTokens, inputTokensDetails, outputTokensDetails };
    return endpoint === undefined ? data : { ...data, endpoint };
  }

  /** The same as the constructor, for symmetry with JSON. */
  static fromJSON(input?: RequestUsageInput): RequestUsage {
    return new RequestUsage(input);
  }
}

/** Tokens of a run so far: one entry a request, and their sums. */
export class Usage {
  requests: number;
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  inputTokensDetails: Details[];
  outputTokensDetails: Details[];
  requestUsageEntries: RequestUsage[] | undefined;

  constructor(input?: UsageInput) {
    this.requests = countOf(input?.requests) ?? (input ? 1 : 0);
    this.inputTokens = countOf(input?.inputTokens ?? input?.input_tokens) ?? 0;
    this.outputTokens = countOf(input?.outputTokens ?? input?.output_tokens) ?? 0;
    this.totalTokens = countOf(input?.totalTokens ?? input?.total_tokens) ?? this.inputTokens + this.outputTokens;
    this.inputTokensDetails = detailList(input?.inputTokensDetails ?? input?.input_tokens_details);
    this.outputTokensDetails = detailList(input?.outputTokensDetails ?? input?.output_tokens_details);
    const entries = input?.requestUsageEntries ?? input?.request_usage_entries;
    this.requestUsageEntries =
      Array.isArray(entries) && entries.length > 0 ? entries.map((entry) => new RequestUsage(entry ?? {})) : undefined;
  }

  static fromJSON(input?: UsageInput): Usage {
    return new Usage(input);
  }

  /** Adds the tokens of `other`. A single request becomes an entry of its own in `requestUsageEntries`. */
  add(other: Usage): void {
    this.requests += other.requests;
    this.inputTokens += other.inputTokens;
    this.outputTokens += other.outputTokens;
    this.totalTokens += other.totalTokens;
    this.inputTokensDetails.push(...other.inputTokensDetails);
    this.outputTokensDetails.push(...other.outputTokensDetails);
    const entries = other.requestUsageEntries ?? entryOf(other);
    if (entries.length > 0) (this.requestUsageEntries ??= []).push(...entries);
  }

  /** The counts as plain data. */
  toData(): UsageData {
    const { requests, inputTokens, outputTokens, totalTokens, inputTokensDetails, outputTokensDetails } = this;
    const data = { requests, inputTokens, outputTokens, totalTokens, inputTokensDetails, outputTokensDetails };
    if (!this.requestUsageEntries) return data;
    return { ...data, requestUsageEntries: this.requestUsageEntries.map((entry) => entry.toData()) };
  }
}

/** One request that was no model call, as usage of its own. */
export function usageOfRequest(entry: RequestUsageData): Usage {
  const { inputTokens, outputTokens, totalTokens, inputTokensDetails = {}, outputTokensDetails = {} } = entry;
  return new Usage({
    requests: 1,
    inputTokens,
    outputTokens,
    totalTokens,
    inputTokensDetails,
    outputTokensDetails,
    requestUsageEntries: [entry],
  });
}

function entryOf(usage: Usage): RequestUsage[] {
  if (usage.requests !== 1) return [];
  const { inputTokens, outputTokens, totalTokens } = usage;
  if (inputTokens === 0 && outputTokens === 0 && totalTokens === 0) return [];
  const inputTokensDetails = usage.inputTokensDetails[0] ?? {};
  const outputTokensDetails = usage.outputTokensDetails[0] ?? {};
  return [new RequestUsage({ inputTokens, outputTokens, totalTokens, inputTokensDetails, outputTokensDetails })];
}

function detailList(details: Details | Details[] | object | undefined): Details[] {
  if (!details) return [];
  return Array.isArray(details) ? details.map((one) => numbersOf((one as object | null) ?? {})) : [numbersOf(details)];
}

/** Not NaN and not text: one such count would spoil every sum after it. */
function countOf(given: unknown): number | undefined {
  return Number.isFinite(given) ? (given as number) : undefined;
}

/** Whether every count is there and is a number; of requests, none need be said. */
export function isSoundUsage(given: unknown): given is UsageData {
  if (typeof given !== 'object' || given === null) return false;
  const { requests, inputTokens, outputTokens, totalTokens } = given as Partial<UsageData>;
  return [requests ?? 1, inputTokens, outputTokens, totalTokens].every((count) => countOf(count) !== undefined);
}

function numbersOf(details: object): Details {
  return Object.fromEntries(
    Object.entries(details).filter((entry): entry is [string, number] => countOf(entry[1]) !== undefined),
  );
}
