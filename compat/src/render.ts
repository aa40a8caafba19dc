// Writes docs/different.md from the table of differences.
import { writeFileSync } from 'node:fs';
import { renderPage } from './page.ts';

writeFileSync(new URL('../../docs/different.md', import.meta.url), renderPage());
