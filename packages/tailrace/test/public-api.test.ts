import { expect, it } from 'vitest';
import { apiReports, committedReports } from '../../../scripts/api-report.ts';

it('exports what the committed reports say; npm run api:update writes them anew', async () => {
  const found = await apiReports();
  const committed = committedReports();
  expect([...committed.keys()].sort()).toEqual([...found.keys()].sort());
  for (const [name, text] of found) expect(committed.get(name), name).toBe(text);
}, 60_000);
