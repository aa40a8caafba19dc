/** Takes a run out of the file, with all that is kept beside its log. To be called inside a transaction. */
import type { DatabaseSync } from 'node:sqlite';
import { GONE_STEPS } from './sqlite-session.ts';

export function runDeleter(db: DatabaseSync): (run: string) => void {
  const idOf = '(SELECT id FROM runs WHERE run = ?)';
  const events = db.prepare(`DELETE FROM events WHERE run_id = ${idOf}`);
  const mail = db.prepare(`DELETE FROM mailbox WHERE run_id = ${idOf}`);
  const runs = db.prepare('DELETE FROM runs WHERE run = ? RETURNING session');
  const lease = db.prepare('DELETE FROM lease WHERE run = ?');
  const readers = db.prepare('DELETE FROM reader WHERE run = ?');
  const steps = db.prepare('DELETE FROM session_step WHERE session = ? AND step >= ? AND step < ?');
  const gone = db.prepare(
    `DELETE FROM session_step WHERE session = ? AND step >= '${GONE_STEPS}' AND step < ';' RETURNING step`,
  );
  const keep = db.prepare('INSERT INTO session_step (session, step) VALUES (?, ?)');

  const forgetSteps = (session: string, run: string): void => {
    const changes = Number(steps.run(session, `${run}:`, `${run};`).changes);
    if (changes === 0) return;
    const before = gone.get(session) as { step: string } | undefined;
    const all = Number(before?.step.slice(GONE_STEPS.length) ?? 0) + changes;
    keep.run(session, `${GONE_STEPS}${all}`);
  };

  return (run) => {
    events.run(run);
    mail.run(run);
    const row = runs.get(run) as { session: string | null } | undefined;
    lease.run(run);
    readers.run(run);
    if (typeof row?.session === 'string') forgetSteps(row.session, run);
  };
}
