/** What the offline-demo model says: the results of its calls, what it still needs, and what it cannot do. */
import type { FunctionCallResultItem } from '../event/item.ts';
import { tryParse } from '../base/json.ts';
import type { Candidate } from './offline-match.ts';
import type { Part } from './offline-parts.ts';

export const LABEL = 'offline-demo (not a language model)';

export interface Answered {
  readonly result: FunctionCallResultItem;
  readonly question: string;
}

export function answerText(
  answered: readonly Answered[],
  open: readonly Part[],
  candidates: readonly Candidate[],
): string {
  const lines = answered.map(({ result, question }) => said(result, question));
  for (const { match } of open) if (match) lines.push(askFor(match.candidate, match.missing));
  const declined = open.filter(({ match }) => !match);
  for (const { text } of declined) lines.push(`I have no tool for “${text.replace(/[?.!\s]+$/, '')}”.`);
  if (declined.length > 0 || lines.length === 0) lines.push(abilities(candidates));
  return `${lines.join(lines.some((line) => line.includes('\n')) ? '\n' : ' ')}\n[${LABEL}]`;
}

/** A result as a sentence: as it is when it is one, else with what was asked before it. */
function said(result: FunctionCallResultItem, question: string): string {
  const text = outputText(result.output).trim();
  const plain = readable(tryParse(text), text);
  if (plain === '') return `${result.name} gave no output.`;
  const isSentence = /\s/.test(plain) && /[.!?)]$/.test(plain);
  if (isSentence) return plain;
  if (/[=:]/.test(plain) || plain.split(/\s+/).length > 4) return `${plain}.`;
  const asked = question.replace(/[?.!\s]+$/, '');
  return `${asked.slice(0, 1).toUpperCase()}${asked.slice(1)}: ${plain}.`;
}

function outputText(output: FunctionCallResultItem['output']): string {
  if (typeof output === 'string') return output;
  const parts = Array.isArray(output) ? output : [output];
  return parts.map((part) => ('text' in part ? part.text : `(${part.type})`)).join(' ');
}

function readable(value: unknown, text: string): string {
  if (value === undefined) return text;
  if (Array.isArray(value)) {
    return value.length === 0 ? 'nothing' : value.map((each: unknown) => readable(each, String(each))).join('; ');
  }
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? value : text;
  const fields = Object.entries(value).filter(([, field]) => field !== null && field !== undefined && field !== '');
  const [only] = fields;
  if (only && fields.length === 1) return readable(only[1], String(only[1]));
  return fields.map(([name, field]) => `${spaced(name)}: ${readable(field, String(field))}`).join(', ');
}

function askFor(candidate: Candidate, missing: readonly string[]): string {
  const needs = missing.map((name) => {
    const about = candidate.schema.properties?.[name]?.description;
    return about === undefined ? spaced(name) : `${spaced(name)} (${about.replace(/\.$/, '')})`;
  });
  return `For ${candidate.name} I still need: ${needs.join(', ')}.`;
}

/** What it can call, said so that somebody can ask for it. */
function abilities(candidates: readonly Candidate[]): string {
  if (candidates.length === 0) return 'This agent has no tools that I could call.';
  const [first = ''] = candidates.map(({ name }) => name);
  const list = candidates.map(({ kind, name, description }) => {
    const about = aboutOf(description);
    return `- ${name}${kind === 'handoff' ? ' (handoff)' : ''}${about ? `: ${about}` : ''}`;
  });
  return candidates.length === 1 && list[0]
    ? `I can only call ${first}: ${list[0].slice(first.length + 4)}.`
    : `I can call:\n${list.join('\n')}`;
}

/** The first sentence, without the one that every handoff has. */
function aboutOf(description: string): string {
  const [first = '', second] = description.split(/(?<=\.)\s+/);
  return (/^handoff to the/i.test(first) && second ? second : first).replace(/\.$/, '');
}

function spaced(name: string): string {
  return name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();
}
