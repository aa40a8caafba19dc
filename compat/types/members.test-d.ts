/**
 * Members of what users hold, make and configure: all that @openai/agents declares is there, or is named in `absentMembers` with its reason. Compiled with the rest; a
 * member that is missing is an error at its line.
 */
import type * as Reference from '@openai/agents';
import type * as Ours from 'tailrace';
import type { AbsentMember } from '../src/names.ts';

type Keys<T> = T extends unknown ? keyof T : never;
/** What is there in theirs and not in ours. Names with an underscore are internal to it, whatever TypeScript says. */
type Missing<Name extends string, Theirs, Mine> = Exclude<
  Keys<Theirs>,
  | Keys<Mine>
  | `_${string}`
  | symbol
  | (AbsentMember extends infer Absent ? (Absent extends `${Name}.${infer Member}` ? Member : never) : never)
>;
type None<T extends never> = T;

export type Checked = [
  None<Missing<'Agent', Reference.Agent, Ours.Agent>>,
  None<Missing<'AgentConfiguration', Reference.AgentConfiguration, Ours.AgentConfiguration>>,
  None<Missing<'AgentOptions', Reference.AgentOptions, Ours.AgentOptions>>,
  None<Missing<'Runner', Reference.Runner, Ours.Runner>>,
  None<Missing<'RunConfig', Reference.RunConfig, Ours.RunConfig>>,
  None<Missing<'RunOptions', Reference.StreamRunOptions, Ours.StreamRunOptions>>,
  None<Missing<'RunOptions', Reference.NonStreamRunOptions, Ours.NonStreamRunOptions>>,
  None<
    Missing<
      'RunResult',
      Reference.RunResult<unknown, Reference.Agent<unknown, Reference.AgentOutputType>>,
      Ours.RunResult
    >
  >,
  None<
    Missing<
      'RunResult',
      Reference.StreamedRunResult<unknown, Reference.Agent<unknown, Reference.AgentOutputType>>,
      Ours.StreamedRunResult
    >
  >,
  None<
    Missing<'RunState', Reference.RunState<unknown, Reference.Agent<unknown, Reference.AgentOutputType>>, Ours.RunState>
  >,
  None<Missing<'RunContext', Reference.RunContext, Ours.RunContext>>,
  None<Missing<'FunctionTool', Reference.FunctionTool, Ours.FunctionTool>>,
  None<Missing<'ComputerTool', Reference.ComputerTool, Ours.ComputerTool>>,
  None<Missing<'ShellTool', Reference.ShellTool, Ours.ShellTool>>,
  None<Missing<'ApplyPatchTool', Reference.ApplyPatchTool, Ours.ApplyPatchTool>>,
  None<Missing<'HostedTool', Reference.HostedTool, Ours.HostedTool>>,
  None<Missing<'Handoff', Reference.Handoff, Ours.Handoff>>,
  None<Missing<'HandoffInputData', Reference.HandoffInputData, Ours.HandoffInputData>>,
  None<Missing<'InputGuardrail', Reference.InputGuardrail, Ours.InputGuardrail>>,
  None<Missing<'OutputGuardrailDefinition', Reference.OutputGuardrailDefinition, Ours.OutputGuardrailDefinition>>,
  None<Missing<'Session', Reference.Session, Ours.Session>>,
  None<Missing<'MemorySession', Reference.MemorySession, Ours.MemorySession>>,
  None<Missing<'Model', Reference.Model, Ours.Model>>,
  None<Missing<'ModelRequest', Reference.ModelRequest, Ours.ModelRequest>>,
  None<Missing<'ModelResponse', Reference.ModelResponse, Ours.ModelResponse>>,
  None<Missing<'ModelSettings', Reference.ModelSettings, Ours.ModelSettings>>,
  None<Missing<'Usage', Reference.Usage, Ours.Usage>>,
  None<Missing<'UsageInput', Reference.UsageInput, Ours.UsageInput>>,
  None<Missing<'RunMessageOutputItem', Reference.RunMessageOutputItem, Ours.RunMessageOutputItem>>,
  None<Missing<'RunToolCallItem', Reference.RunToolCallItem, Ours.RunToolCallItem>>,
  None<Missing<'RunToolCallOutputItem', Reference.RunToolCallOutputItem, Ours.RunToolCallOutputItem>>,
  None<Missing<'RunToolApprovalItem', Reference.RunToolApprovalItem, Ours.RunToolApprovalItem>>,
  None<Missing<'RunInputItem', Reference.RunInputItem, Ours.RunInputItem>>,
  None<Missing<'Trace', Reference.Trace, Ours.Trace>>,
  None<Missing<'Span', Reference.Span<Reference.CustomSpanData>, Ours.Span>>,
  None<Missing<'TracingProcessor', Reference.TracingProcessor, Ours.TracingProcessor>>,
  None<Missing<'BatchTraceProcessor', Reference.BatchTraceProcessor, Ours.BatchTraceProcessor>>,
  None<Missing<'TraceProvider', Reference.TraceProvider, Ours.TraceProvider>>,
  None<Missing<'OpenAIModel', Reference.OpenAIResponsesModel, Ours.OpenAIResponsesModel>>,
  None<Missing<'OpenAIModel', Reference.OpenAIChatCompletionsModel, Ours.OpenAIChatCompletionsModel>>,
  None<Missing<'MCPServer', Reference.MCPServerStdio, Ours.MCPServerStdio>>,
  None<Missing<'MCPServer', Reference.MCPServerStreamableHttp, Ours.MCPServerStreamableHttp>>,
  None<Missing<'MCPServers', Reference.MCPServers, Ours.MCPServers>>,
];
