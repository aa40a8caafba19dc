import { absentMembers, absentNames, absentTestingNames, absentTypeNames } from './names.ts';
import { programs } from './programs/index.ts';
import { uiRows } from './ui-chunks.ts';
import { additions, differences } from './different.ts';

/** The table of differences as the page `docs/different.md`. */
export function renderPage(): string {
  return [
    '# What is different, and why',
    '',
    'Tailrace has the names, the shapes and the behaviour of `@openai/agents` 0.20.0. Where it differs it does so on purpose, and every',
    `difference is a row here. The rows are code (\`compat/src/rows/\`): the compatibility suite runs the same ${Object.keys(programs).length} programs on both packages,`,
    'and everything that is not a row must be equal. This page is written by `npm run page -w compat`.',
    '',
    'Texts of errors are our own words and are not compared; their classes are.',
    '',
    '| `@openai/agents` | Tailrace | Why |',
    '|---|---|---|',
    ...differences.map((row) => `| ${row.reference} | ${row.tailrace} | ${row.why} |`),
    '',
    '## Of `@openai/agents-extensions`',
    '',
    'What `createAiSdkUiMessageStream` of 0.18.0 gave was written down once; what Tailrace gives is compared with it (`compat/src/ui-chunks.ts`).',
    '',
    '| `@openai/agents-extensions` | Tailrace | Why |',
    '|---|---|---|',
    ...uiRows.map((row) => `| ${row.reference} | ${row.tailrace} | ${row.why} |`),
    '',
    '## What Tailrace shows beyond it',
    '',
    '| Tailrace | Why |',
    '|---|---|',
    ...additions.map((row) => `| ${row.tailrace} | ${row.why} |`),
    '',
    '## Names that are not there',
    '',
    ...[...absentNames, ...absentTypeNames, ...absentMembers, ...absentTestingNames].map(
      ({ why, names }) => `- ${why}: ${names.map((name) => `\`${name}\``).join(', ')}.`,
    ),
    '',
  ].join('\n');
}
