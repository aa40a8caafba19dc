import { Agent } from 'tailrace';
import { offlineModel } from 'tailrace/offline';

export const support: Agent = new Agent({ name: 'Support', model: offlineModel() });
export const slow: Agent = new Agent({ name: 'Slow', model: offlineModel({ wordDelayMs: 200 }) });
// What a module may well leave open.
setInterval(() => undefined, 60_000);
