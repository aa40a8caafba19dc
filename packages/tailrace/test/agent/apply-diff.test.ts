import { applyDiff } from 'tailrace';
import { describe, expect, it } from 'vitest';

const fits: readonly [name: string, input: string, diff: string, output: string][] = [
  ['a line in its place', 'a\nb\nc\n', '@@\n a\n-b\n+B\n c\n', 'a\nB\nc\n'],
  ['without a section mark', 'a\nb\n', '-a\n+A\n', 'A\nb\n'],
  ['without a line end at the end', 'a\nb\nc', '@@\n a\n-b\n+B\n c', 'a\nB\nc'],
  ['after an anchor', 'l1\nfoo()\nx\nl2\nfoo()\nx\n', '@@ l2\n foo()\n-x\n+y\n', 'l1\nfoo()\nx\nl2\nfoo()\ny\n'],
  ['with anchors in one another', 'A\nf\nx\nB\nf\nx\n', '@@ B\n@@ f\n-x\n+y\n', 'A\nf\nx\nB\nf\ny\n'],
  ['with an anchor that is not there', 'a\nb\n', '@@ nowhere\n-a\n+c\n', 'c\nb\n'],
  ['two sections, in order', 'a\nb\nc\nd\ne\n', '@@\n-a\n+1\n b\n@@\n d\n-e\n+5\n', '1\nb\nc\nd\n5\n'],
  ['at the end of the file', 'a\nb\na\nb\n', '@@\n a\n-b\n+x\n*** End of File', 'a\nb\na\nx\n'],
  ['behind the last line', 'a\nb', '@@\n b\n+c\n*** End of File\n', 'a\nb\nc'],
  ['only put in', 'a\n', '@@\n+b\n', 'b\na\n'],
  ['only taken out', 'a\nb\nc\n', '@@\n-b\n', 'a\nc\n'],
  ['the whole file taken out', 'a\nb\n', '@@\n-a\n-b\n', ''],
  ['an empty kept line without its blank', 'a\n\nc\n', '@@\n a\n\n-c\n+d\n', 'a\n\nd\n'],
  ['blanks around a kept line stay', '  a \nb\n', '@@\n a\n-b\n+B\n', '  a \nB\n'],
  ['an empty diff', 'a\nb\n', '', 'a\nb\n'],
  ['into an empty file', '', '@@\n+a\n+b\n', 'a\nb\n'],
  ['line ends of another kind stay', 'a\r\nb\r\n', '@@\n a\n-b\n+c\n', 'a\r\nc\r\n'],
  ['line ends of another kind, no end at the end', 'a\r\nb', '@@\n b\n+c\n', 'a\r\nb\r\nc'],
  ['a diff with line ends of another kind', 'a\nb\n', '@@\r\n a\r\n-b\r\n+c\r\n', 'a\nc\n'],
  ['the first of two places', 'x\ny\nx\ny\n', '@@\n-x\n+z\n y\n', 'z\ny\nx\ny\n'],
  ['the exact line before one with other blanks', ' a\na\n', '@@\n-a\n+b\n', ' a\nb\n'],
];

describe('applyDiff', () => {
  it.each(fits)('%s', (_name, input, diff, output) => {
    expect(applyDiff(input, diff)).toBe(output);
  });

  it('makes a new file of lines with a plus', () => {
    expect(applyDiff('', '+x\n+\n+y\n', 'create')).toBe('x\n\ny');
    expect(applyDiff('ignored', '+x', 'create')).toBe('x');
  });

  it.each([
    ['lines that are not there', 'a\nb\n', '@@\n-zz\n+q\n', 'zz', undefined],
    ['lines that do not stand together', 'a\nb\nc\n', '@@\n a\n\n-b\n', 'do not stand together', undefined],
    ['lines before the section before', 'a\nb\n', '@@\n-b\n+B\n@@\n-a\n+A\n', 'from line 3 on', undefined],
    ['a line of no kind', 'a\n', 'junk\n', 'Line 1 of the diff is no line of a diff', undefined],
    ['a new file with a line of another kind', '', '+a\nb', 'Line 2', 'create'],
  ] as const)('says what is wrong with %s', (_name, input, diff, text, mode) => {
    expect(() => applyDiff(input, diff, mode)).toThrow(
      expect.objectContaining({
        name: 'ModelBehaviorError',
        code: 'MODEL_BEHAVIOR',
        message: expect.stringContaining(text),
      }),
    );
  });

  it('undoes what it did, for any lines and any change of one', () => {
    for (let size = 1; size <= 6; size++)
      for (let at = 0; at < size; at++) {
        const lines = Array.from({ length: size }, (_, index) => `line ${index}`);
        const before = lines
          .slice(0, at)
          .map((line) => ` ${line}\n`)
          .join('');
        const there = applyDiff(`${lines.join('\n')}\n`, `@@\n${before}-line ${at}\n+other\n`);
        expect(there.split('\n')[at]).toBe('other');
        expect(applyDiff(there, `@@\n${before}-other\n+line ${at}\n`)).toBe(`${lines.join('\n')}\n`);
      }
  });
});
