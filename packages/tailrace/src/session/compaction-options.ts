import { UserError } from '../event/errors.ts';
import type { OpenAIResponsesCompactionSessionOptions } from './compaction-session.ts';
import { OpenAIConversationsSession } from './conversations-session.ts';

const MODES: readonly unknown[] = ['auto', 'input', 'previous_response_id'];
const OPENAI_MODEL = /^(?:ft:)?(?:gpt-|o\d|chatgpt-|codex-)/;

/** @throws UserError OPTION_TYPE, OPTION_RANGE, OPTION_CONFLICT */
export function checkCompactionOptions(options: OpenAIResponsesCompactionSessionOptions): void {
  const { model, underlyingSession, compactionMode = 'auto', maxRollbackItems } = options;
  const fail = (code: 'OPTION_TYPE' | 'OPTION_RANGE' | 'OPTION_CONFLICT', what: string): UserError =>
    new UserError(`OpenAIResponsesCompactionSession: ${what}.`, { code });
  if (underlyingSession instanceof OpenAIConversationsSession) {
    throw fail('OPTION_CONFLICT', 'a conversation cannot be replaced by its compaction. Use another underlyingSession');
  }
  if (model !== undefined && !OPENAI_MODEL.test(model)) {
    throw fail('OPTION_TYPE', `model must be one of OpenAI's, which compact; got ${JSON.stringify(model)}`);
  }
  if (!MODES.includes(compactionMode)) {
    throw fail(
      'OPTION_TYPE',
      `compactionMode must be one of ${MODES.join(', ')}; got ${JSON.stringify(compactionMode)}`,
    );
  }
  if (maxRollbackItems === undefined) return;
  if (!Number.isSafeInteger(maxRollbackItems + 1) || maxRollbackItems < 1) {
    throw fail('OPTION_RANGE', `maxRollbackItems must be a whole number of 1 or more; got ${String(maxRollbackItems)}`);
  }
}
