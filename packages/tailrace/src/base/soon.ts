// On platforms without setImmediate, a zero timer is the next best thing.
export const soon: (callback: () => void) => unknown =
  typeof setImmediate === 'function' ? setImmediate : (callback) => setTimeout(callback, 0);
