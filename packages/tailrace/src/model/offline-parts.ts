/** Takes a request apart: into sentences, and a sentence where both sides are requests. */
import { type Candidate, fillFor, type Match, matchFor } from './offline-match.ts';

/** A piece of a question, with its place in it. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Part extends Span {
  readonly text: string;
  readonly match: Match | undefined;
}

export interface Splitting {
  readonly candidates: readonly Candidate[];
  readonly now: Date;
  /** Pieces that have been dealt with. */
  readonly done: readonly Span[];
  /** What was asked before, the newest first, for a question that only says what is different: `and in Tokyo?` */
  readonly before: readonly string[];
}

// A question has few parts; each costs a comparison with every tool.
const MAX_CUTS = 16;
const SENTENCE = /(?<=[?!;\n]|(?<!\b(?:\p{L}|[Dd]r|[Mm]rs?|[Ss]t|etc|vs|approx))\.)\s+/gu;
const JOIN = /,?\s+(?:and then|and also|and|then|plus also|as well as)\s+|,\s+/gi;
const MORE = /^(?:and\s+)?(?:what about|how about|and|also)\s+/i;
const ASKS =
  /^(?:please\s+)?(?:what|when|where|who|which|how|why|is|are|was|does|do|did|can|could|will|would|should|tell|give|show|find|get|list|convert|calculate|compute|check|add|remove|delete|cancel|create|send|book|look|translate|remind|roll|set)(?:['’]s)?(?![\p{L}])/iu;

/** The parts of a question that are still open, in order. */
export function openParts(question: string, splitting: Splitting): Part[] {
  const parts: Part[] = [];
  for (const [index, region] of openRegions(question, splitting.done).entries()) {
    const done = splitting.done.find(({ end }) => end <= region.start && region.start - end < 8);
    const earlier = done ? [question.slice(done.start, done.end)] : index === 0 ? splitting.before : [];
    for (const sentence of cutsOf(question, region, SENTENCE).slice(0, MAX_CUTS)) {
      parts.push(...partsOfSentence(question, sentence, earlier, splitting));
    }
  }
  // "Hi there. What time is it?" asks one thing. What is no request is declined only when there is nothing else.
  const requests = parts.filter(({ match, text }) => match || ASKS.test(text));
  if (requests.length > 0 || splitting.done.length > 0) return requests;
  return [{ start: 0, end: question.length, text: question.trim(), match: undefined }];
}

function openRegions(question: string, done: readonly Span[]): Span[] {
  const regions: Span[] = [];
  let start = 0;
  for (const span of done.toSorted((one, other) => one.start - other.start)) {
    regions.push({ start, end: span.start });
    start = Math.max(start, span.end);
  }
  regions.push({ start, end: question.length });
  return regions.flatMap((region) => trimmed(question, region));
}

function cutsOf(question: string, region: Span, pattern: RegExp): Span[] {
  const cuts: Span[] = [];
  let { start } = region;
  for (const match of question.slice(region.start, region.end).matchAll(pattern)) {
    if (cuts.length === MAX_CUTS) break;
    cuts.push({ start, end: region.start + match.index });
    start = region.start + match.index + match[0].length;
  }
  cuts.push({ start, end: region.end });
  return cuts.flatMap((cut) => trimmed(question, cut));
}

function trimmed(question: string, { start, end }: Span): Span[] {
  const text = question.slice(start, end);
  if (!/[\p{L}\d]/u.test(text)) return [];
  const [lead = ''] = /^[\s,;.?!]*(?:(?:and then|and also|and|then|also|plus)\s+)?/i.exec(text) ?? [];
  const [tail = ''] = /(?:\s+(?:and then|and also|and|then|also))?[\s,;]*$/i.exec(text) ?? [];
  return lead.length + tail.length < text.length ? [{ start: start + lead.length, end: end - tail.length }] : [];
}

function partsOfSentence(question: string, sentence: Span, earlier: readonly string[], splitting: Splitting): Part[] {
  const parts: Part[] = [];
  const [first, ...more] = cutsOf(question, sentence, JOIN);
  if (!first) return parts;
  let current: Span = first;
  let match = firstMatch(question.slice(first.start, first.end), earlier, splitting);
  const text = (span: Span): string => question.slice(span.start, span.end);
  for (const piece of more) {
    const own = ownRequest(text(piece), match, splitting);
    if (own && (match || ASKS.test(text(current)))) {
      parts.push({ ...current, text: text(current), match });
      [current, match] = [piece, own.match];
    } else {
      current = { start: current.start, end: piece.end };
      match = matchFor(text(current), splitting.candidates, splitting.now) ?? match;
    }
  }
  return [...parts, { ...current, text: text(current), match }];
}

function firstMatch(text: string, earlier: readonly string[], splitting: Splitting): Match | undefined {
  const { candidates, now } = splitting;
  const short = text.replace(MORE, '');
  const match = matchFor(short, candidates, now);
  if (match) return match;
  for (const one of earlier) {
    const before = matchFor(one, candidates, now);
    if (before) return inherited(short, before, now);
  }
  return undefined;
}

/** Whether a piece is a request of its own, and for what: it matches by itself, asks something, or says other values for the same. */
function ownRequest(
  piece: string,
  left: Match | undefined,
  splitting: Splitting,
): { match: Match | undefined } | undefined {
  const { candidates, now } = splitting;
  const match = matchFor(piece, candidates, now);
  if (ASKS.test(piece)) return { match };
  const leftIsWhole = left !== undefined && left.missing.length === 0;
  if (leftIsWhole) {
    const same = inherited(piece, left, now);
    if (same && (!match || match.candidate === left.candidate)) return { match: same };
  }
  const isWhole = match && match.missing.length === 0 && (match.evidence >= 1 || match.candidate.kind === 'handoff');
  return isWhole && match.candidate !== left?.candidate && (leftIsWhole || left === undefined) ? { match } : undefined;
}

/** The match of what came before, with the values of this text. */
function inherited(text: string, before: Match, now: Date): Match | undefined {
  // A bare name in lower case is one only after a word that leads to it.
  const filled = fillFor(`and ${text}`, before.candidate, now);
  return filled.missing.length === 0 && filled.evidence >= 1
    ? { ...filled, candidate: before.candidate, score: before.score }
    : undefined;
}
