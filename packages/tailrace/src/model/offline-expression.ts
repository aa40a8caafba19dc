import { withDigits } from './offline-names.ts';

const NUMBER = String.raw`(\d[\d.]*%?)`;
const LIST = String.raw`(\d[\d.]*(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+)\d[\d.]*)+)`;

/** Spoken arithmetic, and how it is written. In this order. */
const SPOKEN: readonly (readonly [RegExp, string | ((...found: string[]) => string)])[] = [
  [/(\d)\s*(?:percent|per cent|pct)\b/gi, '$1%'],
  [new RegExp(`\\b(?:sum|total) of ${LIST}`, 'gi'), (_, list = '') => listed(list, ' + ')],
  [new RegExp(`\\badd(?:ing)? (?:up )?${LIST}`, 'gi'), (_, list = '') => listed(list, ' + ')],
  [new RegExp(`\\bproduct of ${LIST}`, 'gi'), (_, list = '') => listed(list, ' * ')],
  [new RegExp(`\\bmultiply(?:ing)? ${LIST}`, 'gi'), (_, list = '') => listed(list, ' * ')],
  [
    new RegExp(`\\b(?:average|mean) of ${LIST}`, 'gi'),
    (_, list = '') => `(${listed(list, ' + ')}) / ${list.split(/,|and/).filter((part) => part.trim()).length}`,
  ],
  [new RegExp(`\\bdifference (?:between|of) ${NUMBER} and ${NUMBER}`, 'gi'), '$1 - $2'],
  [new RegExp(`\\b(?:subtract|take) ${NUMBER} (?:away )?from ${NUMBER}`, 'gi'), '$2 - $1'],
  [new RegExp(`\\badd ${NUMBER} to ${NUMBER}`, 'gi'), '$2 + $1'],
  [new RegExp(`\\bincrease ${NUMBER} by (\\d[\\d.]*)%`, 'gi'), '$1 * (1 + $2%)'],
  [new RegExp(`\\b(?:decrease|reduce) ${NUMBER} by (\\d[\\d.]*)%`, 'gi'), '$1 * (1 - $2%)'],
  [new RegExp(`${NUMBER} (?:off|discount on) (\\d[\\d.]*)`, 'gi'), '$2 * (1 - $1)'],
  [new RegExp(`(?<![\\d.(])(\\d[\\d.]*)\\s*(?:\\+|plus)\\s*(\\d[\\d.]*)%`, 'gi'), '$1 * (1 + $2%)'],
  [new RegExp(`(?<![\\d.(])(\\d[\\d.]*)\\s*(?:-|minus|less)\\s*(\\d[\\d.]*)%`, 'gi'), '$1 * (1 - $2%)'],
  [/\b(?:the )?square root of (\d[\d.]*)/gi, 'sqrt($1)'],
  [/√\s*(\d[\d.]*)/g, 'sqrt($1)'],
  [/\bhalf (?:of )?(?=\(?\d)/gi, '1 / 2 * '],
  [/\b(?:a )?third of (?=\(?\d)/gi, '1 / 3 * '],
  [/\b(?:a )?quarter of (?=\(?\d)/gi, '1 / 4 * '],
  [/\b(?:twice|double) (?=\(?\d)/gi, '2 * '],
  [/(\d%)\s+(?:of|\p{L}+\s+on|on)\s+(?=\d)/giu, '$1 * '],
  [/(\d\s*\/\s*\d+)\s+of\s+(?=\d)/gi, '$1 * '],
  [/(\d)\s+\p{L}+\s+(?:at|for)\s+(\d[\d.]*)\s+(?:each|apiece|per piece)/giu, '$1 * $2'],
  [/(\d|\))\s+squared\b/gi, '$1 ^ 2'],
  [/(\d|\))\s+cubed\b/gi, '$1 ^ 3'],
  [/\bto the power of\b|\*\*/gi, ' ^ '],
  [/\bmultiplied by\b|\btimes\b|×|(?<=\d)\s*x\s*(?=\d)/gi, ' * '],
  [/\b(?:divided|over) (?:by )?(?=[\d(])|÷/gi, ' / '],
  [/\b(?:multiply|divide) (\d[\d.]*%?) by (\d[\d.]*%?)/gi, '$1 $op $2'],
  [/\bplus\b/gi, ' + '],
  [/\bminus\b|−/gi, ' - '],
  [/\b(?:modulo|mod)\b/gi, ' mod '],
];

function listed(list: string, operator: string): string {
  return (list.match(/\d[\d.]*/g) ?? []).join(operator);
}

/** The arithmetic in a text, as an expression (`17% * 2340`), if there is any: at least two operands, or a function. */
export function expressionIn(text: string): string | undefined {
  let written = withDigits(masked(text))
    .replace(/(?<=\d),(?=\d{3}(?!\d))/g, '')
    .replace(/[$€£](?=\s*\d)/g, '');
  for (const [spoken, form] of SPOKEN) {
    written = written.replace(spoken, (...found: string[]) => {
      if (typeof form === 'function') return form(...found);
      const operator = /multiply/i.test(found[0] ?? '') ? '*' : '/';
      return form.replace('$op', operator).replace(/\$(\d)/g, (_, index: string) => found[Number(index)] ?? '');
    });
  }
  const token = String.raw`(?:\d[\d.]*(?:e[+-]?\d+)?%?|\b(?:sqrt|abs|round|floor|ceil|sin|cos|tan|log|ln|exp|pi|mod)\b|[-+*/^(),])`;
  let best: string | undefined;
  for (const [run] of written.matchAll(new RegExp(`${token}(?:\\s*${token})*`, 'gi'))) {
    const expression = balanced(run);
    if (expression && (!best || expression.length > best.length)) best = expression;
  }
  return best;
}

/** Dates, clock times, ids and versions hold digits and signs and are no arithmetic. */
function masked(text: string): string {
  return text
    .replace(/\b\d{4}-\d{2}-\d{2}(?:T[\d:.Z+-]*)?\b/g, ' ; ')
    .replace(/\b\d{1,2}:\d{2}(?::\d{2})?\b/g, ' ; ')
    .replace(/#?\b\p{L}+-?\d[\w-]*/gu, ' ; ')
    .replace(/https?:\S+|\S+@\S+/g, ' ; ');
}

function balanced(run: string): string | undefined {
  const trimmed = run
    .replace(/^[\s*/^,)+]+|[\s*/^,(+-]+$/g, '')
    .replace(/\s+/g, ' ')
    .replace(/(?<=[\d)%])\s*([*/^+-])\s*/g, ' $1 ')
    .trim();
  const opened = trimmed.split('(').length;
  const closed = trimmed.split(')').length;
  const whole = trimmed + ')'.repeat(Math.max(0, opened - closed));
  if (closed > opened || !/\d/.test(whole)) return undefined;
  const hasOperator =
    /[\d)%] (?:[*/^+-]|mod) ?[\d(a-z-]/i.test(whole) || /\b[a-z]+\(/i.test(whole) || /\d mod \d/.test(whole);
  // Two numbers side by side, or a comma outside of a call, are words that stood between them.
  if (!hasOperator || /[\d)%] \d/.test(whole) || (/,/.test(whole) && !/\(/.test(whole))) return undefined;
  return whole;
}
