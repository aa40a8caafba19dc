// Real pages in a real Chromium: what they show is the run, whatever happens to the page and to the network.
import type { Page } from 'playwright-core';
import type { TailraceClientError } from 'tailrace/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openBrowser, type OpenedBrowser } from './browser.ts';
import { buildPages } from './built-pages.ts';
import { PIECES, servePages, TEXT } from './page-server.ts';

let browser: OpenedBrowser;
let files: ReadonlyMap<string, string>;
beforeAll(async () => {
  [browser, files] = await Promise.all([openBrowser(inject('chromium')), buildPages()]);
}, 60_000);
afterAll(async () => browser?.[Symbol.asyncDispose]());

const said = (page: Page) => page.locator('p[data-role=assistant]');
const first = (pieces: number): string => PIECES.slice(0, pieces).join('');

async function shows(page: Page, text: string): Promise<void> {
  await page.waitForFunction(
    (wanted) => document.querySelector('p[data-role=assistant]')?.textContent === wanted,
    text,
  );
  // Byte by byte, and once.
  expect(await said(page).allTextContents()).toEqual([text]);
}

async function status(page: Page, wanted: string): Promise<void> {
  await page.waitForFunction((name) => document.querySelector('output')?.textContent === name, wanted);
}

async function ask(page: Page, question: string, agent?: string): Promise<void> {
  if (agent !== undefined) await page.getByLabel('Agent').selectOption(agent);
  await page.getByLabel('Question').fill(question);
  await page.getByRole('button', { name: 'Ask' }).click();
}

const kinds = {
  run: { completed: 'completed', stopped: 'cancelled', decides: '' },
  chat: { completed: 'ready', stopped: 'ready', decides: '?agent=clerk' },
} as const;

describe.each(['run', 'chat'] as const)('a page with %s', (kind) => {
  const expected = kinds[kind];

  it('streams, is loaded anew in mid-stream, and goes on without a gap', async () => {
    await using server = await servePages(files);
    await using opened = await browser.open(server.page(kind));
    const { page, wrong } = opened;
    await ask(page, 'Say it.');
    server.tap.allow(20);
    await shows(page, first(20));
    await page.reload();
    await shows(page, first(20));
    server.tap.allow(15);
    await shows(page, first(35));
    await page.reload();
    await shows(page, first(35));
    server.tap.allow(25);
    await shows(page, TEXT);
    await status(page, expected.completed);
    expect(await page.locator('p[data-role=user]').allTextContents()).toEqual(['Say it.']);
    expect(await server.runtime.list({})).toMatchObject([{ status: 'completed' }]);
    expect(wrong).toEqual([]);
  });

  it('stops the run', async () => {
    await using server = await servePages(files);
    await using opened = await browser.open(server.page(kind));
    const { page, wrong } = opened;
    await ask(page, 'Say it.');
    server.tap.allow(10);
    await shows(page, first(10));
    await page.getByRole('button', { name: 'Stop' }).click();
    await status(page, expected.stopped);
    await shows(page, first(10));
    expect(await server.runtime.list({})).toMatchObject([{ status: 'cancelled' }]);
    expect(wrong).toEqual([]);
  });

  it('approves a call, after it was loaded anew', async () => {
    await using server = await servePages(files);
    await using opened = await browser.open(server.page(kind) + expected.decides);
    const { page, wrong } = opened;
    await ask(page, 'Pay.', kind === 'run' ? 'clerk' : undefined);
    await page.getByText('pay {"euros":5}').waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Approve' }).click();
    await shows(page, 'It is paid.');
    await status(page, expected.completed);
    expect(server.done).toEqual(['paid 5']);
    expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0);
    expect(wrong).toEqual([]);
  });
});

it('a page with useRun tells of a decision that is refused', async () => {
  await using server = await servePages(files);
  await using opened = await browser.open(server.page('run'));
  const { page, wrong } = opened;
  await ask(page, 'Pay.', 'clerk');
  const json = { error: { code: 'APPROVAL_DECIDED', message: 'Somebody else was faster.' } };
  await page.route('**/approvals/*', (route) => route.fulfill({ status: 409, json }));
  await page.getByRole('button', { name: 'Approve' }).click();
  await page.getByRole('alert').filter({ hasText: 'Somebody else was faster.' }).waitFor();
  await page.unroute('**/approvals/*');
  await page.getByRole('button', { name: 'Approve' }).click();
  await status(page, 'completed');
  expect(await page.getByRole('alert').count()).toBe(0);
  expect(wrong.filter((each) => !each.startsWith('Failed to load resource'))).toEqual([]);
});

it('useRun goes on by itself when the network was away', async () => {
  await using server = await servePages(files);
  await using opened = await browser.open(server.page('run'));
  const { page, wrong } = opened;
  await ask(page, 'Say it.');
  server.tap.allow(20);
  await shows(page, first(20));
  // What Chromium calls offline are new connections; the one that there is has to be cut.
  await page.context().setOffline(true);
  server.cut();
  server.tap.allow(40);
  const id = (await server.runtime.list({}))[0]?.id ?? '';
  for await (const _ of server.runtime.attach(id)) {
    // Until the run is over.
  }
  expect(await said(page).textContent()).toBe(first(20));
  await page.context().setOffline(false);
  await shows(page, TEXT);
  await status(page, 'completed');
  expect(wrong.filter((each) => !each.startsWith('Failed to load resource: net::ERR_'))).toEqual([]);
});

it('useChat goes on when the page asks it to, once the network is back', async () => {
  await using server = await servePages(files);
  await using opened = await browser.open(server.page('chat'));
  const { page, wrong } = opened;
  await ask(page, 'Say it.');
  server.tap.allow(20);
  await shows(page, first(20));
  await page.context().setOffline(true);
  server.cut();
  await page.getByRole('alert').waitFor();
  server.tap.allow(20);
  await page.context().setOffline(false);
  await shows(page, first(40));
  server.tap.allow(20);
  await shows(page, TEXT);
  await status(page, 'ready');
  expect(wrong.filter((each) => !each.startsWith('Failed to load resource: net::ERR_'))).toEqual([]);
});

describe('useRun', () => {
  const shown = async (page: Page): Promise<string> => (await page.locator('main').allTextContents()).join();

  it('is left when its component goes away, and goes on when it comes back; the run goes on meanwhile', async () => {
    await using server = await servePages(files);
    await using opened = await browser.open(server.page('cases'));
    const { page, wrong } = opened;
    await page.evaluate(() => window.run.start('Say it.'));
    server.tap.allow(5);
    await page.waitForFunction((text) => document.querySelector('q')?.textContent === text, first(5));
    const told = await page.evaluate(() => window.told);
    expect(told).toHaveLength(1);
    await page.evaluate(() => window.show(null));
    server.tap.allow(55);
    const id = told[0] as string;
    for await (const _ of server.runtime.attach(id)) {
      // Until the run is over.
    }
    await page.evaluate((runId) => window.show(runId), id);
    await status(page, 'completed');
    expect(await shown(page)).toBe(`Say it.|${TEXT}completed`);
    expect(wrong).toEqual([]);
  });

  it('shows another run for another id, none for none, and the last of two that are begun', async () => {
    await using server = await servePages(files);
    server.tap.allow(1_000);
    const [one, two] = [await server.runtime.submit('writer', 'One?'), await server.runtime.submit('writer', 'Two?')];
    await using opened = await browser.open(server.page('cases'));
    const { page, wrong } = opened;
    await page.evaluate((id) => window.show(id), one.id);
    await page.getByText(`One?|${TEXT}`).waitFor();
    await page.evaluate((id) => window.show(id), two.id);
    await page.getByText(`Two?|${TEXT}`).waitFor();
    await page.evaluate(() => window.show());
    await status(page, 'idle');
    expect(await shown(page)).toBe('idle');
    await page.evaluate(() => {
      window.run.start('Three?');
      window.run.start('Four?');
    });
    await page.getByText(`Four?|${TEXT}`).waitFor();
    expect(await page.evaluate(() => window.told.length)).toBe(3);
    expect(wrong).toEqual([]);
  });

  it('stops a run that is only being begun', async () => {
    await using server = await servePages(files);
    await using opened = await browser.open(server.page('cases'));
    const { page, wrong } = opened;
    await page.evaluate(async () => {
      window.run.start('Say it.');
      await window.run.stop('no');
    });
    await status(page, 'cancelled');
    expect(await page.evaluate(() => window.run.reason)).toBe('no');
    expect(wrong).toEqual([]);
  });

  it('says why a run cannot be read or steered, and goes on when asked to', async () => {
    await using server = await servePages(files);
    await using opened = await browser.open(server.page('cases'));
    const { page, wrong } = opened;
    const refused = await page.evaluate(async () => window.run.stop().catch((error: unknown) => String(error)));
    expect(refused).toContain('There is no run yet.');
    await page.evaluate(() => window.show('run_of_nobody'));
    await page.waitForFunction(() => window.run.problem !== undefined);
    expect(await page.evaluate(() => (window.run.problem as TailraceClientError).status)).toBe(404);
    await status(page, 'idle');
    // The page's client tries once.
    await page.route('**/api/runs', (route) => route.abort());
    await page.evaluate(() => window.run.start('Say it.'));
    await page.waitForFunction(() => (window.run.problem as TailraceClientError | undefined)?.code === 'UNREACHABLE');
    await status(page, 'idle');
    await page.unroute('**/api/runs');
    server.tap.allow(60);
    await page.evaluate(() => window.run.reconnect());
    await status(page, 'completed');
    expect(await shown(page)).toBe(`Say it.|${TEXT}completed`);
    expect(wrong.filter((each) => !each.startsWith('Failed to load resource'))).toEqual([]);
  });

  it('shows what comes within a frame at once', async () => {
    await using server = await servePages(files);
    server.tap.allow(60);
    const { id } = await server.runtime.submit('writer', 'Say it.');
    for await (const _ of server.runtime.attach(id)) {
      // Until the run is over.
    }
    await using opened = await browser.open(server.page('cases'));
    const { page } = opened;
    const before = await page.evaluate(() => window.renders);
    await page.evaluate((runId) => window.show(runId), id);
    await status(page, 'completed');
    // Sixty pieces come together; StrictMode renders each change twice.
    expect((await page.evaluate(() => window.renders)) - before).toBeLessThan(20);
  });
});
