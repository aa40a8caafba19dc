/**
 * Arithmetic, by a small parser: no code is run. In order of binding: parentheses and functions, `%` (percent), `^` (from the right), a sign,
 * `* / mod of`, `+ -`. Numbers may have thousands separators (2,340).
 */
const MAX_LENGTH = 1000;
const MAX_DEPTH = 100;

const FUNCTIONS: ReadonlyMap<string, (...values: number[]) => number> = new Map([
  ['sqrt', Math.sqrt],
  ['abs', Math.abs],
  ['round', Math.round],
  ['floor', Math.floor],
  ['ceil', Math.ceil],
  ['sin', Math.sin],
  ['cos', Math.cos],
  ['tan', Math.tan],
  ['exp', Math.exp],
  ['ln', Math.log],
  ['log', Math.log10],
  ['min', Math.min],
  ['max', Math.max],
]);
const CONSTANTS: ReadonlyMap<string, number> = new Map([
  ['pi', Math.PI],
  ['e', Math.E],
]);
const SIGNS: ReadonlyMap<string, string> = new Map([
  ['×', '*'],
  ['·', '*'],
  ['÷', '/'],
  ['−', '-'],
  ['–', '-'],
  ['**', '^'],
]);

interface Token {
  readonly kind: 'number' | 'name' | 'sign' | 'end';
  readonly text: string;
  readonly at: number;
}

/** The value of an expression. Throws an Error that says what is wrong, and where. */
export function evaluate(expression: string): number {
  if (expression.length > MAX_LENGTH) {
    throw new Error(`The expression has ${expression.length} characters; at most ${MAX_LENGTH} are read.`);
  }
  const parser = new Parser(tokensOf(expression));
  const value = parser.sum(0);
  parser.expectEnd();
  if (!Number.isFinite(value)) throw new Error(`'${expression}' has no finite value.`);
  return value;
}

/** A value as people write it: 12 digits, no rounding noise. */
export function formatNumber(value: number): string {
  return String(Number(value.toPrecision(12)));
}

function tokensOf(expression: string): Token[] {
  const tokens: Token[] = [];
  const pattern =
    /\s*(?:((?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:e[+-]?\d+)?|\.\d+)|(\p{L}+)|(\*\*|[-+*/^%(),×÷·−–]))/giuy;
  let at = 0;
  while (expression.slice(at).trim() !== '') {
    pattern.lastIndex = at;
    const match = pattern.exec(expression);
    if (!match) {
      const place = at + expression.slice(at).search(/\S/);
      throw new Error(`Unexpected '${expression[place]}' at position ${place + 1} of '${expression}'.`);
    }
    const [whole, number, name, sign] = match;
    const start = at + whole.search(/\S/);
    if (number !== undefined) tokens.push({ kind: 'number', text: number.replaceAll(',', ''), at: start });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name.toLowerCase(), at: start });
    else tokens.push({ kind: 'sign', text: SIGNS.get(sign ?? '') ?? sign ?? '', at: start });
    at += whole.length;
  }
  tokens.push({ kind: 'end', text: 'the end', at: expression.length });
  return tokens;
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  sum(depth: number): number {
    if (depth > MAX_DEPTH) throw new Error(`The expression is nested deeper than ${MAX_DEPTH} levels.`);
    let value = this.#product(depth);
    for (;;) {
      if (this.#take('+')) value += this.#product(depth);
      else if (this.#take('-')) value -= this.#product(depth);
      else return value;
    }
  }

  expectEnd(): void {
    const token = this.#peek();
    if (token.kind !== 'end') throw new Error(`Unexpected '${token.text}' at position ${token.at + 1}.`);
  }

  #product(depth: number): number {
    let value = this.#signed(depth);
    for (;;) {
      if (this.#take('*') || this.#take('of')) {
        value *= this.#signed(depth);
      } else if (this.#take('/')) {
        value /= this.#divisor(depth);
      } else if (this.#take('mod')) {
        value %= this.#divisor(depth);
      } else {
        return value;
      }
    }
  }

  #divisor(depth: number): number {
    const value = this.#signed(depth);
    if (value === 0) throw new Error('Division by zero.');
    return value;
  }

  #signed(depth: number): number {
    if (depth > MAX_DEPTH) throw new Error(`The expression is nested deeper than ${MAX_DEPTH} levels.`);
    if (this.#take('-')) return -this.#signed(depth + 1);
    if (this.#take('+')) return this.#signed(depth + 1);
    return this.#power(depth);
  }

  #power(depth: number): number {
    const base = this.#percent(depth);
    return this.#take('^') ? base ** this.#signed(depth + 1) : base;
  }

  #percent(depth: number): number {
    let value = this.#atom(depth);
    while (this.#take('%')) value /= 100;
    return value;
  }

  #atom(depth: number): number {
    const token = this.#peek();
    if (token.kind === 'number') {
      this.#next += 1;
      return Number(token.text);
    }
    if (this.#take('(')) {
      const value = this.sum(depth + 1);
      this.#expect(')');
      return value;
    }
    const call = FUNCTIONS.get(token.text);
    if (token.kind === 'name' && call) {
      this.#next += 1;
      this.#expect('(');
      const values = [this.sum(depth + 1)];
      while (this.#take(',')) values.push(this.sum(depth + 1));
      this.#expect(')');
      return call(...values);
    }
    const constant = CONSTANTS.get(token.text);
    if (token.kind === 'name' && constant !== undefined) {
      this.#next += 1;
      return constant;
    }
    throw new Error(
      `Expected a number at position ${token.at + 1}, found ${token.kind === 'end' ? 'the end' : `'${token.text}'`}.`,
    );
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', text: 'the end', at: 0 };
  }

  #take(text: string): boolean {
    const token = this.#peek();
    if (token.kind === 'end' || token.kind === 'number' || token.text !== text) return false;
    this.#next += 1;
    return true;
  }

  #expect(text: string): void {
    const token = this.#peek();
    if (!this.#take(text)) throw new Error(`Expected '${text}' at position ${token.at + 1}, found '${token.text}'.`);
  }
}
