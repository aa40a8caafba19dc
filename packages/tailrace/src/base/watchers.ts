/** Who waits for what, by key. Waking a key calls each of its watchers once, synchronously; a watcher that throws disturbs nobody. */
export class Watchers {
  #byKey: Map<string, Set<Watcher>> = new Map();
  #size = 0;

  add(key: string, wake: () => void): Disposable {
    const watchers = this.#byKey.get(key) ?? new Set();
    this.#byKey.set(key, watchers);
    const watcher = { wake };
    watchers.add(watcher);
    this.#size += 1;
    return {
      [Symbol.dispose]: () => {
        if (watchers.delete(watcher)) this.#size -= 1;
        if (watchers.size === 0 && this.#byKey.get(key) === watchers) this.#byKey.delete(key);
      },
    };
  }

  wake(key: string): void {
    const watchers = this.#byKey.get(key);
    if (watchers === undefined) return;
    // A copy: a watcher that leaves and comes back while it is woken must not be woken again for the same thing.
    for (const watcher of Array.from(watchers)) {
      try {
        watcher.wake();
      } catch {
        // Whoever watches looks after its own errors; the writer goes on.
      }
    }
  }

  wakeAll(): void {
    for (const key of Array.from(this.#byKey.keys())) this.wake(key);
  }

  /** How many watch, over all keys. */
  get size(): number {
    return this.#size;
  }
}

interface Watcher {
  wake: () => void;
}
