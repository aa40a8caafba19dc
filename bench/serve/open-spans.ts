/** A processor of traces that counts what is open, and keeps nothing. */
export class OpenSpans {
  open = 0;

  async onTraceStart(): Promise<void> {
    this.open++;
  }

  async onTraceEnd(): Promise<void> {
    this.open--;
  }

  async onSpanStart(): Promise<void> {
    this.open++;
  }

  async onSpanEnd(): Promise<void> {
    this.open--;
  }

  async shutdown(): Promise<void> {}

  async forceFlush(): Promise<void> {}
}
