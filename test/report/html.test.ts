import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { renderHtml } from '../../src/report/html.ts';
import { script, scriptDigest, style, styleDigest } from '../../src/report/html-page.ts';
import { broken, editionOf, everyEdition, gated, healthy, hostile } from '../kit/editions.ts';

const page = (...given: Parameters<typeof editionOf>) => renderHtml(editionOf(...given));

test('the page’s policy admits its own style and script: their digests are up to date', () => {
  const digest = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`;
  expect(styleDigest).toBe(digest(style));
  expect(scriptDigest).toBe(digest(script));
  expect(page([broken])).toContain(`<style>${style}</style>`);
  expect(page([broken])).toContain(`<script>${script}</script>`);
});

test.each(Object.entries(everyEdition))(
  'nothing that a browser would fetch, run or be led to: %s',
  (_name, reports) => {
    const attributes = page(reports).matchAll(/(?<=<[a-z0-9]+(?: [\w-]+(?:="[^"]*")?)*) ([\w-]+)="([^"]*)"/g);
    for (const [, name = '', value = ''] of attributes) {
      expect(['src', 'srcset', 'action', 'style', 'data', 'background'], value).not.toContain(name);
      expect(name).not.toMatch(/^on/);
      if (name === 'href') expect(value).toMatch(/^#t\d+(-\d+)?$/);
    }
  },
);

test('nothing from the cluster is markup', () => {
  const text = page([hostile]);
  expect(text.match(/<script/g)).toHaveLength(1);
  expect(text).toContain('&#60;/td&#62;&#60;script&#62;alert(1)');
  expect(text).toContain(String.raw`\u202egnp.exe`);
});

test('what ails has a picture, what is well a line; an exemption tells its reason', () => {
  const text = page([healthy, broken, gated['is exempt']]);
  expect(text.match(/<ol class="path"/g)).toHaveLength(1);
  expect(text).toContain('scaled to 0 by ScaledObject db (KEDA)');
});
