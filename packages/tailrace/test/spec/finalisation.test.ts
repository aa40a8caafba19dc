// Every exit, at every place, in every flow, streamed and not: how a run ends never depends on who caused it, when, or who looks on.
import { afterAll, describe, expect, it } from 'vitest';
import { setTraceProcessors } from '../../src/index.ts';
import { factsOf, type FlowFacts } from './course.ts';
import { EXITS } from './exits.ts';
import { FLOWS } from './flows.ts';
import { watch } from './watched-run.ts';

const facts: FlowFacts[] = [];
for (const flow of FLOWS) facts.push(await factsOf(flow));

const held = new Map<string, number>();

afterAll(() => setTraceProcessors([]));

describe.each(EXITS)('$name', ({ name, cells }) => {
  it.each(facts)(
    '[I1] [I2] [I4] [I5] ends once and leaves nothing: $flow.name',
    async (of) => {
      const wrong: string[] = [];
      for (const cell of cells(of)) {
        try {
          await watch({
            ...cell,
            flow: of.flow,
            name: `${name}: ${cell.name} (${cell.streamed ? 'streamed' : 'whole'})`,
          });
          held.set(name, (held.get(name) ?? 0) + 1);
        } catch (error) {
          wrong.push(error instanceof Error ? error.message : String(error));
        }
      }
      expect(wrong).toEqual([]);
    },
    120_000,
  );
});

describe('the matrix', () => {
  it('has cells of every exit', () => {
    const total = [...held.values()].reduce((sum, count) => sum + count, 0);
    console.log(`finalisation matrix: ${total} cells, ${EXITS.length} exits × ${FLOWS.length} flows`);
    expect(EXITS.filter(({ name }) => !held.has(name))).toEqual([]);
    expect(total).toBeGreaterThan(3_500);
  });
});
