/** What a model of the AI SDK throws, as an error of the run. Its errors are known by what they carry: any version of any package may have made them. */
import { type AgentsError, isAgentsError, ModelProviderError, UserError } from '../../event/errors.ts';
import type { ErrorCode } from '../../event/error-codes.ts';
import { eventFailure, type FailureContext, statusFailure } from '../failure.ts';
import { isObject, objectOr, textOr } from '../provider-object.ts';
import { redactText } from '../redact.ts';

const BY_NAME: Readonly<Record<string, ErrorCode>> = {
  AI_InvalidPromptError: 'MODEL_BAD_REQUEST',
  AI_InvalidArgumentError: 'MODEL_BAD_REQUEST',
  AI_UnsupportedFunctionalityError: 'MODEL_BAD_REQUEST',
  AI_TooManyEmbeddingValuesForCallError: 'MODEL_BAD_REQUEST',
  AI_NoSuchModelError: 'MODEL_NOT_FOUND',
  AI_EmptyResponseBodyError: 'MODEL_BAD_RESPONSE',
  AI_InvalidResponseDataError: 'MODEL_BAD_RESPONSE',
  AI_JSONParseError: 'MODEL_BAD_RESPONSE',
  AI_TypeValidationError: 'MODEL_BAD_RESPONSE',
  AI_NoContentGeneratedError: 'MODEL_BAD_RESPONSE',
};

/** An error that was thrown. What is none of a model's passes unchanged. */
export function thrownFailure(error: unknown, context: FailureContext): unknown {
  if (isAgentsError(error) || !(error instanceof Error)) return error;
  const fields = error as Error & Record<string, unknown>;
  if (error.name === 'AI_LoadAPIKeyError' || error.name === 'AI_LoadSettingError') {
    return new UserError(redactText(error.message, undefined), { code: 'MODEL_KEY_MISSING', cause: error });
  }
  if (error.name === 'AI_RetryError' && fields['lastError'] !== undefined)
    return thrownFailure(fields['lastError'], context);
  const url = textOr(fields['url'], context.url);
  const { statusCode } = fields;
  if (typeof statusCode === 'number' && (statusCode < 200 || statusCode >= 300)) {
    const headers = objectOr(fields['responseHeaders']);
    const header = (name: string): string | undefined => textOr(headers[name], undefined);
    const told = { ...context, url, requestId: header('x-request-id') ?? header('request-id') };
    return caused(statusFailure(statusCode, header, textOr(fields['responseBody'], error.message), told), error);
  }
  const code = codeOf(error, typeof statusCode === 'number');
  if (code === undefined) return error;
  return new ModelProviderError(`The model ${context.model} failed: ${redactText(error.message, undefined)}.`, {
    code,
    cause: error,
    publicMessage: `The model ${context.model} failed.`,
    data: { model: context.model },
  });
}

function codeOf(error: Error, answered: boolean): ErrorCode | undefined {
  if (isBroken(error)) return 'MODEL_CONNECTION';
  if (answered) return 'MODEL_BAD_RESPONSE';
  return BY_NAME[error.name] ?? (error.name === 'AI_APICallError' ? 'MODEL_CONNECTION' : undefined);
}

/** The `error` part of a stream. Its event has been delivered before. */
export function toldFailure(error: unknown, context: FailureContext): unknown {
  if (!(error instanceof Error))
    return eventFailure(typeof error === 'string' || isObject(error) ? error : {}, context);
  const failure = thrownFailure(error, context);
  return failure === error ? caused(eventFailure({ message: error.message }, context), error) : failure;
}

/** Broken connections come as what `fetch` throws, alone, or as the cause of an error that says something else. */
function isBroken(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > 5) return false;
  const { code, cause } = error as Error & { code?: unknown };
  if (typeof code === 'string' && /^(E[A-Z]+|UND_ERR_\w+)$/.test(code)) return true;
  if (error instanceof TypeError && /fetch|terminated|network|socket/i.test(error.message)) return true;
  return isBroken(cause, depth + 1);
}

function caused<T extends AgentsError>(failure: T, cause: unknown): T {
  Object.defineProperty(failure, 'cause', { value: cause, enumerable: false, configurable: true, writable: true });
  return failure;
}
