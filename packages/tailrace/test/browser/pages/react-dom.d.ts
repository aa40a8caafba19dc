/** What the pages use of it. */
declare module 'react-dom/client' {
  import type { ReactNode } from 'react';
  export function createRoot(container: Element | null): { render(node: ReactNode): void; unmount(): void };
}
