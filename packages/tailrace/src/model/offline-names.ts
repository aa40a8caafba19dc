/** Names that people write in more ways than one: units, currencies, operations, languages, months, numbers in words. */

type Aliases = ReadonlyMap<string, string>;

function aliases(table: Record<string, string>): Aliases {
  return new Map(
    Object.entries(table).flatMap(([name, also]) => [name, ...also.split(',')].map((word) => [word.trim(), name])),
  );
}

/** Each unit by its symbol. Keys are lower case. */
export const UNITS: Aliases = aliases({
  km: 'kilometer,kilometers,kilometre,kilometres,kms',
  m: 'meter,meters,metre,metres',
  cm: 'centimeter,centimeters,centimetre,centimetres',
  mm: 'millimeter,millimeters,millimetre,millimetres',
  mi: 'mile,miles',
  yd: 'yard,yards',
  ft: 'foot,feet',
  in: 'inch,inches',
  kg: 'kilogram,kilograms,kilo,kilos',
  g: 'gram,grams,gramme,grammes',
  lb: 'lbs,pound,pounds',
  oz: 'ounce,ounces',
  celsius: '°c,c,centigrade,degrees celsius',
  fahrenheit: '°f,f,degrees fahrenheit',
  kelvin: 'k',
  l: 'liter,liters,litre,litres',
  ml: 'milliliter,milliliters,millilitre,millilitres',
  gal: 'gallon,gallons',
  cup: 'cups',
  s: 'second,seconds,sec',
  min: 'minute,minutes,mins',
  h: 'hour,hours,hr,hrs',
  day: 'days',
  week: 'weeks',
  'km/h': 'kph,kmh',
  mph: 'miles per hour',
  kb: 'kilobyte,kilobytes',
  mb: 'megabyte,megabytes',
  gb: 'gigabyte,gigabytes',
});

/** Each currency by its ISO 4217 code. Keys are lower case. */
export const CURRENCIES: Aliases = aliases({
  USD: 'usd,$,dollar,dollars,us dollars,bucks',
  EUR: 'eur,€,euro,euros',
  GBP: 'gbp,£,sterling,british pounds,pounds sterling',
  JPY: 'jpy,¥,yen',
  CHF: 'chf,franc,francs,swiss francs',
  NOK: 'nok,norwegian kroner,norwegian krone,kroner,krone',
  SEK: 'sek,swedish kronor,kronor,krona',
  DKK: 'dkk,danish kroner',
  CNY: 'cny,yuan,renminbi',
  INR: 'inr,₹,rupee,rupees',
  AUD: 'aud,australian dollars',
  CAD: 'cad,canadian dollars',
  BRL: 'brl,real,reais',
  MXN: 'mxn,peso,pesos',
});

/** What an operation or a choice is called by its other names. */
export const OPERATIONS: Aliases = aliases({
  add: '+,plus,sum,addition,added',
  subtract: '-,minus,difference,subtraction,less',
  multiply: '*,×,times,product,multiplication,multiplied',
  divide: '/,÷,over,quotient,division,divided',
  power: '^,squared,cubed,exponent,pow',
  ascending: 'asc,increasing',
  descending: 'desc,decreasing',
});

export const LANGUAGES: readonly string[] = (
  'Arabic,Bengali,Chinese,Czech,Danish,Dutch,English,Finnish,French,German,Greek,Hebrew,Hindi,Hungarian,Icelandic,Indonesian,' +
  'Italian,Japanese,Korean,Latin,Mandarin,Norwegian,Persian,Polish,Portuguese,Romanian,Russian,Spanish,Swahili,Swedish,Tamil,Thai,' +
  'Turkish,Ukrainian,Urdu,Vietnamese'
).split(',');

export const MONTHS: readonly string[] =
  'january,february,march,april,may,june,july,august,september,october,november,december'.split(',');
export const WEEKDAYS: readonly string[] = 'sunday,monday,tuesday,wednesday,thursday,friday,saturday'.split(',');

const SMALL =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = ' , ,twenty,thirty,forty,fifty,sixty,seventy,eighty,ninety'.split(',');
const NUMBER_WORDS = new Map([
  ...SMALL.map((word, value): [string, number] => [word, value]),
  ...TENS.map((word, tens): [string, number] => [word, tens * 10]),
]);

/** The text with numbers in words (`twenty-three`, `two hundred`) as digits. */
export function withDigits(text: string): string {
  const word = `(?:${[...NUMBER_WORDS.keys()].filter((name) => name.trim()).join('|')})`;
  const digits = text.replace(new RegExp(`\\b${word}(?:[ -]${word})?\\b`, 'gi'), (found) => {
    const [first = '', second] = found.toLowerCase().split(/[ -]/);
    const value = NUMBER_WORDS.get(first) ?? 0;
    const more = second === undefined ? 0 : (NUMBER_WORDS.get(second) ?? 0);
    if (second === undefined) return String(value);
    return value >= 20 && more < 10 ? String(value + more) : `${value} ${more}`;
  });
  return digits.replace(/\b(\d+) (hundred|thousand|million)\b/gi, (_, count: string, unit: string) =>
    String(Number(count) * (unit.toLowerCase() === 'hundred' ? 100 : unit.toLowerCase() === 'thousand' ? 1000 : 1e6)),
  );
}
