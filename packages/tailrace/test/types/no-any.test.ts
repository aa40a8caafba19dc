// The public surface, by its committed reports, which another test compares with the code.
import { parseSync, Visitor } from 'oxc-parser';
import { expect, it } from 'vitest';
import { committedReports } from '../../../../scripts/api-report.ts';

/** Exported names whose declaration says `any`, with how often. */
function anys(report: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [, declaration = ''] of report.matchAll(/^```ts\n([\s\S]*?)^```$/gm)) {
    const { program, errors } = parseSync('report.d.ts', declaration);
    if (errors.length > 0) throw new Error(`${errors[0]?.message}: ${declaration.slice(0, 80)}`);
    let count = 0;
    new Visitor({ TSAnyKeyword: () => void (count += 1) }).visit(program);
    if (count > 0)
      counts[/(?:class|interface|type|const|function|namespace) (\w+)/.exec(declaration)?.[1] ?? declaration] = count;
  }
  return counts;
}

it('finds them', () => {
  expect(anys('```ts\nexport declare function run(x: any): Record<string, any>;\n```\n')).toEqual({ run: 2 });
});

// @openai/agents says it in dozens of places; there is none here for which it would be needed.
it.each([...committedReports()])('%s: no any', (_name, report) => {
  expect(report.length).toBeGreaterThan(100);
  expect(anys(report)).toEqual({});
});
