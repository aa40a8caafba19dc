/** A value of which any part may still be missing. What is there is as it will be, but for strings and lists at their ends. */
export type DeepPartial<T> = 0 extends 1 & T
  ? T
  : T extends readonly (infer E)[]
    ? DeepPartial<E>[]
    : T extends Whole
      ? T
      : T extends object
        ? { [K in keyof T]?: DeepPartial<T[K]> }
        : T;

type Whole = string | number | boolean | bigint | symbol | null | undefined | Date | ((...args: never[]) => unknown);
