/** Which tool or handoff a part of a request is for. */
import type { ModelRequest, SerializedFunctionTool } from '../port/model.ts';
import { fill, type Filled } from './offline-arguments.ts';
import type { Schema } from './offline-schema.ts';
import { expressionIn } from './offline-expression.ts';
import { unitsIn } from './offline-values.ts';
import { sharesTopic, stemOf, stemsOf } from './offline-words.ts';

/** Something that the model may call. */
export interface Candidate {
  readonly kind: 'tool' | 'handoff';
  readonly name: string;
  readonly description: string;
  readonly schema: Schema;
  readonly nameStems: ReadonlySet<string>;
  readonly aboutStems: ReadonlySet<string>;
  readonly schemaStems: ReadonlySet<string>;
}

export interface Match extends Filled {
  readonly candidate: Candidate;
  readonly score: number;
}

/** The tools and handoffs of a request, as far as its tool choice allows them. */
export function candidatesOf(request: ModelRequest): Candidate[] {
  const { toolChoice } = request.modelSettings;
  if (toolChoice === 'none') return [];
  const named = toolChoice !== undefined && toolChoice !== 'auto' && toolChoice !== 'required' ? toolChoice : undefined;
  const tools = request.tools
    .filter((tool): tool is SerializedFunctionTool => tool.type === 'function')
    .map((tool) => candidate('tool', tool.name, tool.description, tool.parameters as Schema));
  const handoffs = request.handoffs.map(({ toolName, toolDescription, inputJsonSchema }) =>
    candidate('handoff', toolName, toolDescription, inputJsonSchema as Schema),
  );
  return [...tools, ...handoffs].filter(({ name }) => named === undefined || name === named);
}

function candidate(kind: Candidate['kind'], name: string, description: string, schema: Schema): Candidate {
  const fields = Object.entries(schema.properties ?? {}).map(
    ([field, { description: about = '', enum: choices = [] }]) => `${field} ${about} ${choices.join(' ')}`,
  );
  return {
    kind,
    name,
    description,
    schema,
    nameStems: stemsOf(name),
    aboutStems: stemsOf(description),
    schemaStems: stemsOf(fields.join(' ')),
  };
}

/**
 * The best match for a text that is good enough, if any. Of equals, the first. One whose arguments are all there, some by what the text says, wins over one
 * that would have to ask, unless that fits far better.
 */
export function matchFor(text: string, candidates: readonly Candidate[], now: Date): Match | undefined {
  const matches = candidates
    .flatMap((one) => matchWith(text, one, candidates, now) ?? [])
    .toSorted((one, other) => other.score - one.score);
  const [best] = matches;
  if (!best || best.missing.length === 0) return best;
  const whole = matches.find(({ missing, evidence }) => missing.length === 0 && evidence >= 1);
  return whole && whole.score >= best.score / 2 ? whole : best;
}

function matchWith(text: string, one: Candidate, candidates: readonly Candidate[], now: Date): Match | undefined {
  const words = wordScore(text, one, candidates) + (isForm(text, one) ? 2 : 0);
  const filled = fillFor(text, one, now);
  // A required argument that is not there speaks against a tool that another one could replace.
  const score = words + filled.evidence - (filled.missing.length > 0 ? 1.2 : 0);
  const speaks = filled.evidence >= (filled.missing.length === 0 ? 2.5 : 3);
  const enough = speaks || words >= 1.5 || (words >= 0.6 && score >= 1.8);
  return enough ? { ...filled, candidate: one, score } : undefined;
}

export function fillFor(text: string, one: Candidate, now: Date): Filled {
  return fill(one.schema, { text, remainder: remainderFor(text, one), now });
}

/** `3 * 4` has no word to find the agent by that calculates, nor `5 ft in cm` one for the agent that converts. */
function isForm(text: string, { kind, nameStems, aboutStems }: Candidate): boolean {
  if (kind !== 'handoff') return false;
  const about = new Set([...nameStems, ...aboutStems]);
  if (sharesTopic(stemOf('arithmetic'), about) && expressionIn(text) !== undefined) return true;
  return sharesTopic(stemOf('unit'), about) && unitsIn(text).length > 1;
}

/** A word in the name weighs most; a word that many candidates share weighs little. */
function wordScore(text: string, one: Candidate, candidates: readonly Candidate[]): number {
  let score = 0;
  for (const stem of stemsOf(text)) {
    const weight = wordWeight(stem, one);
    if (weight === 0) continue;
    const sharers = candidates.filter((other) => wordWeight(stem, other) >= weight).length;
    score += weight / Math.sqrt(sharers);
  }
  return score;
}

function wordWeight(stem: string, one: Candidate): number {
  if (one.nameStems.has(stem)) return 3;
  // A handoff's name says little: it is what its description says that counts.
  if (one.aboutStems.has(stem)) return one.kind === 'handoff' ? 2 : 1.5;
  if (one.schemaStems.has(stem)) return 1;
  if (sharesTopic(stem, one.nameStems)) return 1.5;
  return sharesTopic(stem, one.aboutStems) ? 0.8 : 0;
}

/** What a request is about, without the words that only say which tool it is for: `add milk to my todo list` leaves `milk`. */
function remainderFor(text: string, { nameStems, aboutStems }: Candidate): string {
  const names = (word: string): boolean => {
    const stems = [...stemsOf(word)];
    return (
      stems.length === 0 ||
      stems.some((stem) => nameStems.has(stem) || aboutStems.has(stem) || sharesTopic(stem, nameStems))
    );
  };
  const colon = /^[^:]{3,60}:\s+(\S.*)$/s.exec(text)?.[1];
  if (colon) return colon.trim();
  let rest = text
    .trim()
    .replace(/\bto-do\b/gi, 'todo')
    .replace(/[?!.\s]+$/, '')
    .replace(
      /^(?:(?:and|then|also|please|could you|can you|would you|will you|i(?:'d| would) like (?:you )?to|i (?:want|need)(?: you)? to|let's|tell me|show me)\s+)+/i,
      '',
    )
    .replace(/\s+please$/i, '')
    .replace(/\s+(?:to|on|in|from|onto|off)\s+(?:my|the|our|his|her|a)\s+((?:\p{L}+\s*)+)$/iu, (whole, place: string) =>
      place.trim().split(/\s+/).every(names) ? '' : whole,
    );
  const [verb = ''] = rest.split(/\s+/, 1);
  if (rest.includes(' ') && names(verb)) rest = rest.slice(verb.length).trim();
  rest = rest.replace(
    /^(?:(?:me|us)\s+)?(?:(?:to|for|about|on|that|up|of|as)\s+)?(?:(?:a|an|the|my|our|new|some)\s+)*/i,
    '',
  );
  const label = /^(\p{L}+)(?:\s+(?:called|named|titled|saying|about|for|to|that))?\s+(\S.*)$/iu.exec(rest);
  if (label?.[1] && label[2] && names(label[1]) && stemsOf(label[1]).size > 0) rest = label[2];
  return rest.split(/\s+/).every(names) &&
    stemsOf(rest).size > 0 &&
    [...stemsOf(rest)].every((stem) => nameStems.has(stem))
    ? ''
    : rest;
}
