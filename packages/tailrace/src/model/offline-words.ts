/** The words of a text as the offline-demo model compares them: lower case, without their endings, without the ones that say nothing. */

const SILENT = new Set(
  (
    'a an and are as at be been being but by can could did do does for from had has have he her his how i if in into is it its ' +
    'just let like may me might must my now of on one or our out please shall she should so some tell than thank thanks that the ' +
    'their them then there these they this those to too two under up us was we were what when where which who why will with ' +
    'would you your about also any between each every using use used given give get gives returns return result results value ' +
    'values current currently number string text information info user users tool function agent assistant name names ' +
    'handoff transfer handle handles request requests whats hi hello hey want need know ask asks question questions not no'
  ).split(' '),
);

/** Words that stand for one another in requests. One group, one topic. */
const TOPICS: readonly (readonly string[])[] = [
  [
    'weather',
    'forecast',
    'temperature',
    'rain',
    'raining',
    'snow',
    'sunny',
    'wind',
    'humid',
    'cold',
    'warm',
    'umbrella',
  ],
  ['time', 'clock', 'hour', 'oclock', 'timezone'],
  [
    'calculate',
    'calculator',
    'calculation',
    'compute',
    'math',
    'arithmetic',
    'expression',
    'percent',
    'percentage',
    'multiply',
    'divide',
    'subtract',
    'sum',
    'plus',
    'minus',
  ],
  ['convert', 'conversion', 'unit', 'measure'],
  ['currency', 'exchange', 'rate', 'money', 'dollar', 'euro', 'convert', 'forex'],
  ['price', 'cost', 'fee', 'charge'],
  ['order', 'delivery', 'package', 'parcel', 'shipment', 'tracking', 'track', 'purchase'],
  ['refund', 'reimburse', 'return'],
  ['todo', 'task', 'reminder', 'remind', 'checklist', 'list'],
  ['email', 'mail', 'send', 'message'],
  ['search', 'find', 'lookup', 'look'],
  ['distance', 'far', 'length'],
  ['date', 'day', 'calendar', 'today', 'tomorrow', 'week'],
  ['appointment', 'meeting', 'schedule', 'book', 'reserve', 'booking', 'reservation'],
  ['remove', 'delete', 'cancel', 'drop', 'clear'],
  ['create', 'add', 'new', 'make', 'put', 'remember', 'open'],
  ['show', 'list', 'display', 'view', 'see', 'read'],
  ['translate', 'translation', 'language'],
  ['roll', 'dice', 'die', 'random'],
  ['flight', 'fly', 'plane', 'airline'],
  ['bill', 'billing', 'invoice', 'payment', 'pay'],
];

/** What is left of a word without its ending: enough for `orders`, `ordered` and `ordering` to be one. */
export function stemOf(word: string): string {
  const lower = word.toLowerCase();
  if (lower.length > 4 && lower.endsWith('ies')) return `${lower.slice(0, -3)}y`;
  if (lower.length > 5 && lower.endsWith('ing')) return undoubled(lower.slice(0, -3));
  if (lower.length > 4 && lower.endsWith('ed')) return undoubled(lower.slice(0, -2));
  if (lower.length > 4 && /(ch|sh|x|ss)es$/.test(lower)) return lower.slice(0, -2);
  const singular = lower.length > 3 && /[^siu]s$/.test(lower) ? lower.slice(0, -1) : lower;
  return singular.length > 4 && singular.endsWith('e') ? singular.slice(0, -1) : singular;
}

function undoubled(stem: string): string {
  return /([bdgmnprt])\1$/.test(stem)
    ? stem.slice(0, -1)
    : stem.length > 4 && stem.endsWith('e')
      ? stem.slice(0, -1)
      : stem;
}

const SILENT_STEMS = new Set([...SILENT].map(stemOf));
const TOPIC_OF = new Map<string, Set<number>>();
for (const [topic, words] of TOPICS.entries()) {
  for (const word of words) {
    const stem = stemOf(word);
    TOPIC_OF.set(stem, (TOPIC_OF.get(stem) ?? new Set()).add(topic));
  }
}

/** The stems of the words that say something, each once. `snake_case` and `camelCase` are taken apart. */
export function stemsOf(text: string): Set<string> {
  const spaced = text
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    // "12 times 7" is arithmetic, not a question about the time.
    .replace(/\btimes\s+(?=\S*\d)/gi, ' ')
    .replace(/\bto-do\b/gi, 'todo')
    .replace(/['’]s\b/g, '');
  const stems = new Set<string>();
  for (const [word] of spaced.matchAll(/\p{L}{2,}/gu)) {
    const stem = stemOf(word);
    if (!SILENT.has(word.toLowerCase()) && !SILENT_STEMS.has(stem)) stems.add(stem);
  }
  return stems;
}

/** Whether `stems` holds a word of the topic of `stem`. */
export function sharesTopic(stem: string, stems: ReadonlySet<string>): boolean {
  const topics = TOPIC_OF.get(stem);
  if (!topics) return false;
  for (const other of stems) {
    for (const topic of TOPIC_OF.get(other) ?? []) if (topics.has(topic)) return true;
  }
  return false;
}
