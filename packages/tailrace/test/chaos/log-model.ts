// What a log should do, in the simplest words: the reference that the real one is compared with.
import { classOf } from '../../src/event/durability.ts';
import { isTerminal, type RunEventBody } from '../../src/event/run-event.ts';

export interface ModelWriter {
  epoch: number;
  next: number;
  sealed: boolean;
  broken: boolean;
  closed: boolean;
  late: number;
  pending: RunEventBody[];
}

export class LogModel {
  readonly groups: boolean;
  epoch = 0;
  committed: string[] = [];
  ended = false;
  mail = new Map<string, unknown>();

  /** `groups`: whether events that are not durable wait for their group. */
  constructor(groups: boolean) {
    this.groups = groups;
  }

  claim(): ModelWriter {
    const writer = {
      next: this.committed.length,
      sealed: this.ended,
      broken: false,
      closed: false,
      late: 0,
      pending: [],
    };
    return { ...writer, epoch: ++this.epoch };
  }

  append(writer: ModelWriter, bodies: readonly RunEventBody[], at: number): void {
    if (writer.broken) return;
    for (const body of bodies) {
      if (writer.sealed) {
        writer.late++;
        continue;
      }
      const place = { run: 'r', seq: writer.next + writer.pending.length, epoch: writer.epoch, at };
      writer.pending.push({ ...body, ...place });
      writer.sealed ||= isTerminal(body);
    }
    if (!this.groups || writer.pending.length >= 64 || writer.pending.some((event) => classOf(event) !== 'grouped'))
      this.commit(writer);
  }

  commit(writer: ModelWriter): void {
    if (writer.pending.length === 0 || writer.broken) return;
    if (writer.epoch !== this.epoch) {
      writer.broken = true;
      writer.sealed = true;
    } else {
      for (const event of writer.pending) {
        this.committed.push(JSON.stringify(event));
        this.ended ||= isTerminal(event);
      }
      writer.next = this.committed.length;
    }
    writer.pending = [];
  }

  close(writer: ModelWriter): void {
    this.commit(writer);
    writer.sealed = true;
    writer.closed = true;
  }

  /** How far a reader gets: of a writer's log, or of the store (undefined). */
  readable(writer: ModelWriter | undefined): number {
    if (writer === undefined || (writer.closed && !writer.broken)) return this.committed.length;
    return writer.next;
  }
}
