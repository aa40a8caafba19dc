interface Unit {
  readonly kind: string;
  readonly symbol: string;
  /** One unit in the base unit of its kind. */
  readonly factor: number;
  /** Added to the value, times the factor: temperatures do not share their zero. */
  readonly offset: number;
}

const TABLE: Readonly<Record<string, Readonly<Record<string, readonly [factor: number, names: string]>>>> = {
  length: {
    km: [1000, 'kilometer kilometre kms'],
    m: [1, 'meter metre'],
    cm: [0.01, 'centimeter centimetre'],
    mm: [0.001, 'millimeter millimetre'],
    mi: [1609.344, 'mile'],
    yd: [0.9144, 'yard'],
    ft: [0.3048, 'foot feet'],
    in: [0.0254, 'inch inches'],
    nmi: [1852, 'nautical-mile'],
  },
  mass: {
    kg: [1, 'kilogram kilo kgs'],
    g: [0.001, 'gram gramme'],
    t: [1000, 'tonne'],
    lb: [0.45359237, 'pound lbs'],
    oz: [0.028349523125, 'ounce'],
    st: [6.35029318, 'stone'],
  },
  volume: {
    l: [1, 'liter litre'],
    ml: [0.001, 'milliliter millilitre'],
    gal: [3.785411784, 'gallon'],
    pt: [0.473176473, 'pint'],
    cup: [0.2365882365, 'cups'],
  },
  speed: {
    'km/h': [1 / 3.6, 'kph kmh'],
    'm/s': [1, 'mps'],
    mph: [0.44704, 'miles-per-hour'],
    kn: [1852 / 3600, 'knot'],
  },
  time: {
    s: [1, 'second sec'],
    min: [60, 'minute mins'],
    h: [3600, 'hour hr hrs'],
    d: [86_400, 'day'],
    wk: [604_800, 'week'],
  },
};

const UNITS: ReadonlyMap<string, Unit> = new Map([
  ...Object.entries(TABLE).flatMap(([kind, units]) =>
    Object.entries(units).flatMap(([symbol, [factor, names]]): [string, Unit][] =>
      [symbol, ...names.split(' '), ...names.split(' ').map((name) => `${name}s`)].map((name) => [
        name,
        { kind, symbol, factor, offset: 0 },
      ]),
    ),
  ),
  ...temperature('°C', 1, 0, 'c °c celsius centigrade'),
  ...temperature('°F', 5 / 9, -32, 'f °f fahrenheit'),
  ...temperature('K', 1, -273.15, 'k kelvin'),
]);

function temperature(symbol: string, factor: number, offset: number, names: string): [string, Unit][] {
  return names.split(' ').map((name) => [name, { kind: 'temperature', symbol, factor, offset }]);
}

export interface Conversion {
  readonly value: number;
  /** Symbols of the units. */
  readonly from: string;
  readonly to: string;
}

/** An amount in another unit of the same kind. Throws an Error that says which unit is not known, or that they measure different things. */
export function convert(amount: number, from: string, to: string): Conversion {
  const [source, target] = [unitOf(from), unitOf(to)];
  if (source.kind !== target.kind) {
    throw new Error(
      `${source.symbol} measures ${source.kind}, ${target.symbol} measures ${target.kind}: no conversion.`,
    );
  }
  const value = ((amount + source.offset) * source.factor) / target.factor - target.offset;
  return { value, from: source.symbol, to: target.symbol };
}

function unitOf(name: string): Unit {
  const key = name
    .trim()
    .toLowerCase()
    .replace(/^degrees?\s+/, '')
    .replace(/\s+/g, '-')
    .replace(/\.$/, '');
  const unit = UNITS.get(key);
  if (unit) return unit;
  const known = [...new Set([...UNITS.values()].map(({ symbol }) => symbol))].join(', ');
  throw new Error(`Unknown unit '${name}'. Known are ${known}.`);
}
