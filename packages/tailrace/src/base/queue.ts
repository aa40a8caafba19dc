/** First in, first out. For queues that nearly always hold nothing or one: an array makes room for many at its first push. */
export class Queue<T> {
  #first: T | undefined;
  #others: T[] | undefined;

  get first(): T | undefined {
    return this.#first;
  }

  get empty(): boolean {
    return this.#first === undefined;
  }

  push(one: T): void {
    if (this.#first === undefined) this.#first = one;
    else (this.#others ??= []).push(one);
  }

  shift(): T | undefined {
    const first = this.#first;
    this.#first = this.#others?.shift();
    return first;
  }
}
