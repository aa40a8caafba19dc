// app/ai/[...path]/route.ts of a Next.js app.
import { createHandler } from 'tailrace/http';
import { sqlite } from 'tailrace/sqlite';
import { assistant } from '../agents.ts';

export const runtime = 'nodejs';
export const dynamic = 'force-dynamic';

const handler = createHandler({ agents: { assistant }, store: sqlite('runs.db'), basePath: '/ai' });
export { handler as DELETE, handler as GET, handler as OPTIONS, handler as POST };
