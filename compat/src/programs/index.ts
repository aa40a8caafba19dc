import type { Program } from '../program.ts';
import { agentPrograms } from './agents.ts';
import { agentToolPrograms } from './agents-as-tools.ts';
import { approvalPrograms } from './approvals.ts';
import { classPrograms } from './classes.ts';
import { collisionPrograms } from './collisions.ts';
import { decisionPrograms } from './decisions.ts';
import { endingPrograms } from './endings.ts';
import { errorHandlerPrograms } from './error-handlers.ts';
import { failurePrograms } from './failures.ts';
import { guardrailPrograms } from './guardrails.ts';
import { handoffPrograms } from './handoffs.ts';
import { localToolPrograms } from './local-tools.ts';
import { localValuePrograms } from './local-values.ts';
import { mcpPrograms } from './mcp.ts';
import { openAIModelPrograms } from './openai-models.ts';
import { outputPrograms } from './outputs.ts';
import { ownItemPrograms } from './own-items.ts';
import { partPrograms } from './parts.ts';
import { retryPrograms } from './retries.ts';
import { sessionPrograms } from './sessions.ts';
import { textPrograms } from './text.ts';
import { toolFailurePrograms } from './tool-failures.ts';
import { toolGuardrailPrograms } from './tool-guardrails.ts';
import { toolOptionPrograms } from './tool-options.ts';
import { toolPrograms } from './tools.ts';
import { tracingPrograms } from './tracing.ts';
import { valuePrograms } from './values.ts';

/** Every program of the suite by its name. */
export const programs: Readonly<Record<string, Program>> = {
  ...textPrograms,
  ...toolPrograms,
  ...toolFailurePrograms,
  ...toolGuardrailPrograms,
  ...toolOptionPrograms,
  ...errorHandlerPrograms,
  ...handoffPrograms,
  ...guardrailPrograms,
  ...outputPrograms,
  ...failurePrograms,
  ...endingPrograms,
  ...agentPrograms,
  ...agentToolPrograms,
  ...approvalPrograms,
  ...decisionPrograms,
  ...localToolPrograms,
  ...localValuePrograms,
  ...retryPrograms,
  ...sessionPrograms,
  ...collisionPrograms,
  ...mcpPrograms,
  ...tracingPrograms,
  ...valuePrograms,
  ...partPrograms,
  ...ownItemPrograms,
  ...classPrograms,
  ...openAIModelPrograms,
};
