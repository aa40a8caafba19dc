import type { ModelSettings, ModelSettingsReasoningEffort } from '../port/model.ts';
import { environment } from './environment.ts';

/** The model used when neither the agent, the run nor OPENAI_DEFAULT_MODEL names one. */
export const DEFAULT_OPENAI_MODEL = 'gpt-5.6-luna';
/** The environment variable that names the default model. */
export const OPENAI_DEFAULT_MODEL_ENV_VARIABLE_NAME = 'OPENAI_DEFAULT_MODEL';

/** The default model's name, from OPENAI_DEFAULT_MODEL as it is now, case kept. */
export function getDefaultModel(): string {
  return environment()[OPENAI_DEFAULT_MODEL_ENV_VARIABLE_NAME] ?? DEFAULT_OPENAI_MODEL;
}

/** True for the models of GPT-5 that take reasoning settings, and need them said. */
export function gpt5ReasoningSettingsRequired(modelName: string): boolean {
  return modelName.startsWith('gpt-5') && !CHAT_LATEST.test(modelName);
}

/** True when the default model is one of GPT-5 that takes reasoning settings. */
export function isGpt5Default(): boolean {
  return gpt5ReasoningSettingsRequired(getDefaultModel());
}

const CHAT_LATEST = /^gpt-5(?:\.[1-3])?-chat-latest$/;

/** Effort by model; a date at the end of the name makes no difference where `dated` says so. */
const EFFORTS: readonly {
  names: readonly string[];
  dated: boolean;
  effort: NonNullable<ModelSettingsReasoningEffort>;
}[] = [
  { names: ['gpt-5'], dated: true, effort: 'low' },
  { names: ['gpt-6-astra', 'gpt-5.2-codex'], dated: false, effort: 'low' },
  { names: ['gpt-5.2-pro', 'gpt-5.4-pro'], dated: true, effort: 'medium' },
  {
    names: [
      'gpt-5.1',
      'gpt-5.2',
      'gpt-5.4',
      'gpt-5.4-mini',
      'gpt-5.4-nano',
      'gpt-5.5',
      'gpt-5.6-sol',
      'gpt-5.6-terra',
      'gpt-5.6-luna',
    ],
    dated: true,
    effort: 'none',
  },
  { names: ['gpt-5.3-codex', 'gpt-5.6'], dated: false, effort: 'none' },
];

/** The settings that OpenAI's reasoning models (GPT-5 and later) are used with unless told otherwise; none for other models. */
export function getDefaultModelSettings(model: string = getDefaultModel()): ModelSettings {
  const version = /^gpt-(\d+)(?:\.\d+)?(?:-|$)/.exec(model);
  const isReasoning = version !== null && Number(version[1]) >= 5 && !CHAT_LATEST.test(model);
  if (!isReasoning) return {};
  const undated = model.replace(/-\d{4}-\d{2}-\d{2}$/, '');
  const known = EFFORTS.find(({ names, dated }) => names.includes(dated ? undated : model));
  return { ...(known === undefined ? {} : { reasoning: { effort: known.effort } }), text: { verbosity: 'low' } };
}
