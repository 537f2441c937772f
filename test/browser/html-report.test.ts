import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderHtml } from '../../src/report/html.ts';
import type { Report } from '../../src/diagnosis/report.ts';
import { atRisk, blind, broken, editionOf, everyEdition, gated, healthy, hostile } from '../kit/editions.ts';
import { launchBrowser } from './chromium.ts';

let browser: Browser;
let folder = '';

beforeAll(async () => {
  [browser, folder] = await Promise.all([launchBrowser(), mkdtemp(join(tmpdir(), 'svcdoctor-html-'))]);
});
afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** What the page asked for besides itself, and what its console said: nothing, if all is well. */
  readonly noise: readonly string[];
}

interface View {
  readonly width?: number;
  readonly dark?: boolean;
  readonly scripts?: boolean;
}

async function open(
  reports: readonly Report[],
  { width = 1100, dark = false, scripts = true }: View = {},
): Promise<Opened> {
  const file = join(folder, `${Math.random()}.html`);
  await writeFile(file, renderHtml(editionOf(reports)));
  const context = await browser.newContext({
    viewport: { width, height: 800 },
    colorScheme: dark ? 'dark' : 'light',
    javaScriptEnabled: scripts,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  const noise: string[] = [];
  page.on('console', (message) => noise.push(message.text()));
  page.on('pageerror', (error) => noise.push(String(error)));
  page.on('dialog', (dialog) => noise.push(dialog.message()));
  page.on('request', (request) => noise.push(request.url()));
  const url = pathToFileURL(file).href;
  await page.goto(url);
  expect(noise.splice(0)).toEqual([url]);
  return { page, noise, [Symbol.asyncDispose]: () => context.close() };
}

test('the broken link is marked where it is, and leads to its finding', async () => {
  await using opened = await open([broken]);
  const { page } = opened;
  expect(await page.locator('.path .stop .name').allInnerTexts()).toEqual([
    'Deployment',
    'name',
    'Service',
    'slice',
    'Pod',
    'port',
  ]);
  expect(await page.locator('.path > li').evaluateAll((items) => items.map(({ className }) => className))).toEqual([
    'stop',
    'link whole',
    'stop',
    'link whole',
    'stop',
    'link broken',
    'stop',
    'link follows',
    'stop',
    'link idle',
    'stop',
  ]);
  const link = page
    .getByRole('listitem')
    .filter({ hasText: 'broken: ' })
    .getByRole('link', { name: 'The Service selects no Pods' });
  expect(await link.isVisible()).toBe(true);
  expect((await page.locator('.link.broken .mark').boundingBox())?.width).toBeGreaterThan(20);
  await link.click();
  expect(await page.locator(':target h3').innerText()).toBe('The Service selects no Pods');
  expect(opened.noise).toEqual([]);
});

test.each([
  ['a healthy Service has a whole path', healthy, []],
  ['a risk is a warning, not a break', atRisk, ['weak']],
  ['what was not seen is not whole', blind, ['unknown', 'unknown', 'unknown', 'unknown', 'unknown']],
])('%s', async (_name, report, marked) => {
  await using opened = await open([report]);
  const kinds = await opened.page
    .locator('.path .link')
    .evaluateAll((items) => items.map(({ className }) => className.replace('link ', '')));
  expect(kinds.filter((kind) => kind === 'broken')).toEqual([]);
  if (marked.length === 0) expect(new Set(kinds)).toEqual(new Set(['whole']));
  else expect(kinds).toEqual(expect.arrayContaining([marked[0]]));
});

test('a command is copied whole', async () => {
  await using opened = await open([broken]);
  const { page } = opened;
  await page.getByRole('button', { name: /^Copy kubectl patch/ }).click();
  await page.getByText('Copied').waitFor();
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(
    `kubectl patch service db -n demo --type=merge -p '{"spec":{"selector":{"app":"db"}}}'`,
  );
});

test('without scripts there is all but the buttons', async () => {
  await using opened = await open([broken], { scripts: false });
  expect(await opened.page.locator('.link.broken').isVisible()).toBe(true);
  expect(await opened.page.getByRole('button').count()).toBe(0);
});

describe('at the width of a phone nothing sticks out, and nothing is asked of the network', () => {
  test.each(Object.entries(everyEdition))('%s', async (_name, reports) => {
    await using opened = await open(reports, { width: 360 });
    const { page } = opened;
    for (const more of await page.locator('summary').all()) await more.click();
    const outside: unknown = await page.evaluate(`[...document.body.querySelectorAll('*')]
      .filter((element) => { const { left, right } = element.getBoundingClientRect(); return right > 360 || left < 0; })
      .map((element) => element.outerHTML.slice(0, 200))`);
    expect(outside).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    expect(opened.noise).toEqual([]);
  });
});

describe('anybody can read it: axe finds no fault', () => {
  // It looks at each text by itself: a few checks of each report stand for all.
  const several = [healthy, broken, blind, atRisk, ...Object.values(gated)].map((report) => ({
    ...report,
    checks: report.checks.slice(0, 5),
  }));
  test.each([
    ['in the light', { dark: false }],
    ['in the dark, on a phone', { width: 360, dark: true }],
  ])('%s', async (_name, view) => {
    await using opened = await open(several, view);
    const { page } = opened;
    for (const more of await page.locator('summary').all()) await more.click();
    // The page's policy admits no other script: axe is evaluated by the debugger instead.
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate<axe.AxeResults>('axe.run()');
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`)).toEqual([]);
  });
});

test('nothing from the cluster is markup', async () => {
  await using opened = await open([hostile]);
  const { page } = opened;
  expect(await page.locator('script').count()).toBe(1);
  expect(await page.locator('img, iframe, object, link, base').count()).toBe(0);
  expect(await page.locator('.finding h3').innerText()).toContain('<script>alert(1)</script>');
  expect(opened.noise).toEqual([]);
});
