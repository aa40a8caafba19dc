import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate, formatNumber } from '../../src/tools/calculator.ts';

describe('evaluate', () => {
  it.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['17% * 2,340', 397.8],
    ['17% of 2340', 397.8],
    ['2,340.5 + 1', 2341.5],
    ['1,234,567', 1_234_567],
    ['100 * (1 + 20%)', 120],
    ['2 ^ 3 ^ 2', 512],
    ['-2 ^ 2', -4],
    ['2 ^ -1', 0.5],
    ['10 - 2 - 3', 5],
    ['--3', 3],
    ['7 mod 4', 3],
    ['sqrt(144) + abs(-1)', 13],
    ['max(1, 2, 3) - min(4, 5)', -1],
    ['2 × 3 ÷ 4 − 1', 0.5],
    ['1e3 + .5', 1000.5],
    ['2 ** 3', 8],
    ['cos(0) + pi * 0', 1],
  ])('%s is %d', (expression, value) => {
    expect(evaluate(expression)).toBeCloseTo(value, 10);
  });

  it.each([
    ['', /found the end/],
    ['1 +', /position 4, found the end/],
    ['1 2', /Unexpected '2' at position 3/],
    ['2 + x', /found 'x'/],
    ['process(1)', /found 'process'/],
    ['process.exit()', /Unexpected '\.' at position 8/],
    ['1 / 0', /Division by zero/],
    ['5 mod (2 - 2)', /Division by zero/],
    ['(1', /Expected '\)'/],
    ['sqrt 4', /Expected '\('/],
    ['sqrt(-1)', /no finite value/],
    ['9 ^ 9 ^ 9', /no finite value/],
    ['2 $ 3', /Unexpected '\$' at position 3/],
    ['1,23', /Unexpected ','/],
    ['constructor(1)', /found 'constructor'/],
    ['('.repeat(500), /deeper than 100/],
    [`${'-'.repeat(500)}1`, /deeper than 100/],
    ['1'.repeat(2000), /2000 characters/],
  ])('refuses %s', (expression, message) => {
    expect(() => evaluate(expression)).toThrow(message);
  });

  it('agrees with JavaScript on sums of sums', () => {
    const apply: Record<string, (a: number, b: number) => number> = {
      '+': (a, b) => a + b,
      '-': (a, b) => a - b,
      '*': (a, b) => a * b,
    };
    const number = fc.integer({ min: 0, max: 1000 }).map((value) => ({ text: String(value), value }));
    const { sum } = fc.letrec<{ sum: { text: string; value: number } }>((tie) => ({
      sum: fc.oneof(
        { maxDepth: 5 },
        number,
        fc.tuple(tie('sum'), fc.constantFrom(...Object.keys(apply)), tie('sum')).map(([a, sign, b]) => ({
          text: `(${a.text} ${sign} ${b.text})`,
          value: apply[sign]!(a.value, b.value),
        })),
        fc
          .tuple(number, number, number)
          .map(([a, b, c]) => ({ text: `(${a.text}+${b.text}*${c.text})`, value: a.value + b.value * c.value })),
      ),
    }));
    fc.assert(
      fc.property(sum, ({ text, value }) => {
        expect(evaluate(`(${text})`)).toBe(value);
      }),
    );
  });
});

it('writes numbers without rounding noise', () => {
  expect([0.1 + 0.2, 397.8, 1e21, 2 / 3, -0.5].map(formatNumber)).toEqual([
    '0.3',
    '397.8',
    '1e+21',
    '0.666666666667',
    '-0.5',
  ]);
});
