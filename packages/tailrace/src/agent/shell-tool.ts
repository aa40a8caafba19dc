import { UserError } from '../event/errors.ts';
import type { ShellAction, ShellCallOutputContent } from '../event/local-items.ts';
import { approvalOf, checkLocalLimits, type LocalToolPolicy, type OnApprovalFunction } from './local-tool.ts';
import { checkOptions } from './option.ts';
import type { RunContext } from './run-context.ts';
import type { Method, ToolAllowedCallers, ToolCallDetails } from './tool.ts';

export type { ShellAction } from '../event/local-items.ts';
export type ShellOutputResult = ShellCallOutputContent;

/** What a shell gives: one output for each command. */
export interface ShellResult {
  output: ShellOutputResult[];
  /** How much of it the model is to be shown, if the shell kept to a limit. */
  maxOutputLength?: number;
  providerData?: Record<string, unknown>;
}

/** Runs commands for a model. Nothing is between the model and it: give it a directory, a user and a network of its own. */
export interface Shell {
  /** Pass `details.signal` on: it aborts on cancel and when the run ends. What it throws is told to the model. */
  run(action: ShellAction, details?: Omit<ToolCallDetails, 'toolCall'>): Promise<ShellResult>;
}

export type ShellApprovalFunction = Method<
  [runContext: RunContext, action: ShellAction, callId?: string],
  Promise<boolean>
>;
export type ShellOnApprovalFunction = OnApprovalFunction;

export type ShellToolLocalSkill = { description: string; name: string; path: string };
export type ShellToolSkillReference = { type: 'skill_reference'; skillId: string; version?: string };
export type ShellToolInlineSkillSource = { data: string; mediaType: 'application/zip'; type: 'base64' };
export type ShellToolInlineSkill = {
  description: string;
  name: string;
  source: ShellToolInlineSkillSource;
  type: 'inline';
};
export type ShellToolContainerSkill = ShellToolSkillReference | ShellToolInlineSkill;
export type ShellToolContainerNetworkPolicyDomainSecret = { domain: string; name: string; value: string };
export type ShellToolContainerNetworkPolicyAllowlist = {
  allowedDomains: string[];
  domainSecrets?: ShellToolContainerNetworkPolicyDomainSecret[];
  type: 'allowlist';
};
export type ShellToolContainerNetworkPolicyDisabled = { type: 'disabled' };
export type ShellToolContainerNetworkPolicy =
  | ShellToolContainerNetworkPolicyAllowlist
  | ShellToolContainerNetworkPolicyDisabled;
export type ShellToolLocalEnvironment = { type: 'local'; skills?: ShellToolLocalSkill[] };
export type ShellToolContainerAutoEnvironment = {
  type: 'container_auto';
  fileIds?: string[];
  memoryLimit?: '1g' | '4g' | '16g' | '64g' | null;
  networkPolicy?: ShellToolContainerNetworkPolicy;
  skills?: ShellToolContainerSkill[];
};
export type ShellToolContainerReferenceEnvironment = { type: 'container_reference'; containerId: string };
export type ShellToolHostedEnvironment = ShellToolContainerAutoEnvironment | ShellToolContainerReferenceEnvironment;
export type ShellToolEnvironment = ShellToolLocalEnvironment | ShellToolHostedEnvironment;

interface ShellToolBase extends LocalToolPolicy {
  type: 'shell';
  name: string;
  needsApproval: ShellApprovalFunction;
  onApproval?: ShellOnApprovalFunction;
  allowedCallers?: ToolAllowedCallers;
}

type LocalShellTool = ShellToolBase & { environment?: ShellToolLocalEnvironment; shell: Shell };
type HostedShellTool = ShellToolBase & { environment: ShellToolHostedEnvironment; shell?: never };

/** A shell that a model may use: one of this process's, or one of the provider's. Make one with `shellTool()`. */
export type ShellTool = LocalShellTool | HostedShellTool;

interface LocalShellToolOptions extends LocalToolPolicy {
  name?: string;
  environment?: ShellToolLocalEnvironment;
  shell: Shell;
  /** Whether a call waits until somebody approves it; a function decides call by call. False by default. */
  needsApproval?: boolean | ShellApprovalFunction;
  /** Decides in place of a person, at once. */
  onApproval?: ShellOnApprovalFunction;
  allowedCallers?: ToolAllowedCallers;
}

interface HostedShellToolOptions {
  name?: string;
  environment: ShellToolHostedEnvironment;
  shell?: never;
  needsApproval?: never;
  onApproval?: never;
  allowedCallers?: ToolAllowedCallers;
}

const OPTION_NAMES = [
  'name',
  'environment',
  'shell',
  'needsApproval',
  'onApproval',
  'allowedCallers',
  'effects',
  'unknownOutcome',
  'approvalTimeoutMs',
  'timeoutMs',
] as const;

/**
 * Makes a tool of a shell. With a local environment (the default) `shell` runs the commands; with a hosted one the provider does.
 *
 * @throws UserError OPTION_TYPE, OPTION_UNKNOWN, OPTION_RANGE
 */
export function shellTool(
  options: LocalShellToolOptions,
): Omit<LocalShellTool, 'environment'> & { environment: ShellToolLocalEnvironment };
export function shellTool(options: HostedShellToolOptions): HostedShellTool;
export function shellTool(options: LocalShellToolOptions | HostedShellToolOptions): ShellTool {
  checkOptions('shellTool()', options, OPTION_NAMES);
  const { name = 'shell', environment = { type: 'local' as const }, shell, needsApproval, ...rest } = options;
  checkLocalLimits(name, rest as LocalToolPolicy);
  checkEnvironment(environment, options);
  const base = { type: 'shell' as const, name, ...rest, needsApproval: approvalOf(needsApproval) };
  return (shell ? { ...base, environment, shell } : { ...base, environment }) as ShellTool;
}

function checkEnvironment(environment: ShellToolEnvironment, options: object): void {
  const { shell, needsApproval, onApproval } = options as Partial<LocalShellToolOptions>;
  if (environment.type === 'local') {
    if (typeof shell?.run === 'function') return;
    throw refused('a local environment needs a shell: an object with a run function');
  }
  if (environment.type !== 'container_auto' && environment.type !== 'container_reference') {
    const got: unknown = (environment as { type?: unknown }).type;
    throw refused(`environment.type is 'local', 'container_auto' or 'container_reference', got ${JSON.stringify(got)}`);
  }
  if (shell) throw refused('a hosted environment runs the commands itself; leave shell out');
  if (needsApproval !== undefined || onApproval !== undefined)
    throw refused('nobody is asked about what a hosted environment runs; leave needsApproval and onApproval out');
  if (environment.type === 'container_reference' && !environment.containerId)
    throw refused("environment of type 'container_reference' needs a containerId");
}

function refused(why: string): UserError {
  return new UserError(`shellTool(): ${why}.`, { code: 'OPTION_TYPE' });
}
