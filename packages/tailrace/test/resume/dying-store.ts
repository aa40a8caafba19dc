import type { LogStore, MemoryLogStore } from '../../src/index.ts';

/** A store whose writer dies at its n-th append: that append is stored or not, and never answered. */
export function dyingStore(
  store: MemoryLogStore,
  dies: number,
  stored: boolean,
): LogStore & { readonly dead: Promise<void> } {
  const { promise: dead, resolve } = Promise.withResolvers<void>();
  let count = 0;
  return new Proxy(store, {
    get(target, key) {
      if (key === 'dead') return dead;
      if (key !== 'append') {
        const value: unknown = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      }
      return (...args: Parameters<MemoryLogStore['append']>) => {
        count += 1;
        if (count > dies) return new Promise(() => undefined);
        if (count < dies) return target.append(...args);
        if (stored) target.append(...args);
        resolve();
        return new Promise(() => undefined);
      };
    },
  }) as unknown as LogStore & { readonly dead: Promise<void> };
}
