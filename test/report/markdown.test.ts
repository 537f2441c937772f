import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, test } from 'vitest';
import { maxMarkdownLength, renderMarkdown } from '../../src/report/markdown.ts';
import { blind, broken, editionOf, everyEdition, fromFiles, gated, healthy, hostile } from '../kit/editions.ts';

const markdown = (...given: Parameters<typeof editionOf>) => renderMarkdown(editionOf(...given));
/** As GitHub shows it, with raw HTML let through, so that it would be seen. */
const html = (text: string) =>
  micromark(text, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] });

test('the whole of one cause', () => {
  expect(
    markdown([broken])
      .replaceAll(/db-\w+-\w+/g, 'db-POD')
      .replaceAll(/pod-template-hash=\w+/g, 'pod-template-hash=HASH'),
  ).toMatchInlineSnapshot(`
    "### ❌ svcdoctor: 1 Service: 1 broken

    ❌ \`demo/db\` from \`demo/Deployment/api\`: broken

    #### ❌ The Service selects no Pods

    \`demo/db\`: The selector asks for app=dbx, the Pods of deployment/db carry app=db

    | seen in | field | it says |
    |---|---|---|
    | \`service/db\` | \`spec.selector\` | \`app=dbx\` |
    | \`deployment/db\` | \`spec.template.metadata.labels\` | \`app=db where app=dbx is asked for\` |
    | \`pod/db-POD\` | \`metadata.labels\` | \`app=db,pod-template-hash=HASH\` |

    **Fix:** Let the Service select app=db, which the Pods of deployment/db carry.
    \`\`\`sh
    kubectl patch service db -n demo --type=merge -p '{"spec":{"selector":{"app":"db"}}}'
    \`\`\`

    **Confirm:**
    \`\`\`sh
    kubectl get pods -n demo -l app=dbx
    # → No resources found
    kubectl get pods -n demo --show-labels
    # → the labels that the Pods do carry
    \`\`\`

    **So:** The Service has no ready endpoint
    "
  `);
});

test('several: a table of those that ail, a cause that two share told once', () => {
  const text = markdown([healthy, broken, { ...broken, target: 'demo/db2' }]);
  expect(text).toContain('### ❌ svcdoctor: 3 Services: 2 broken, 1 healthy');
  expect(text.match(/^#### /gm)).toHaveLength(1);
  expect(text).toContain('`demo/db`, `demo/db2`: The selector asks for');
});

test('all is well in a line; what could not be seen is said', () => {
  expect(markdown([healthy])).toBe(
    '### ✅ svcdoctor: 1 Service: 1 healthy\n\n✅ `demo/db` from `demo/Deployment/api`: healthy\n',
  );
  expect(markdown([blind])).toMatch(
    /^### ❔ [\s\S]*Not all of `demo\/db` could be looked at; missing: `list pods in demo`.* and \d+ more$/m,
  );
});

test('what a gate decided, also what it lets pass for a reason', () => {
  const text = markdown([gated.fails, gated['is exempt'], gated.passes]);
  expect(text).toContain('### ❌ svcdoctor: gate: 1 failed, 1 exempt, 1 passed');
  expect(text).toContain(
    '| `demo/db` | ❌ fails | 0 of 1 endpoint ready on http 80/TCP; svcdoctor.dev/ignore counts for nothing',
  );
  expect(text).toContain('| `demo/db` | ➖ exempt | scaled to 0 by ScaledObject db (KEDA) |');
  expect(text.match(/^#### /gm)).toHaveLength(1);
  expect(markdown([fromFiles])).toContain('| `service/db` `./deploy/my app/service.yaml:7` |');
});

test('it fits into a comment and says how much was left out', () => {
  const many = Array.from({ length: 300 }, (_, index) => ({
    ...broken,
    target: `demo/db${index}`,
    findings: broken.findings.map((finding) => ({
      ...finding,
      evidence: [{ object: `service/db${index}`, path: 'x', saw: 'y' }],
    })),
  }));
  const text = markdown(many);
  expect(text.length).toBeLessThanOrEqual(maxMarkdownLength);
  const told = text.match(/^#### /gm)?.length ?? 0;
  expect(told).toBeGreaterThan(10);
  expect(text).toContain(`_${300 - told} more causes are left out here`);
  expect(text).toContain('| … and 250 more |');
  const huge = { ...hostile, findings: hostile.findings.map((finding) => ({ ...finding, summary: 'x'.repeat(1e6) })) };
  expect(markdown([huge]).length).toBeLessThanOrEqual(maxMarkdownLength);
});

const ours = 'h3 h4 p table thead tbody tr th td code pre strong em'.split(' ');

describe('nothing from the cluster is markup', () => {
  test.each(Object.entries(everyEdition))('%s', (_name, reports) => {
    const shown = html(markdown(reports));
    const tags = new Set([...shown.matchAll(/<([a-z0-9]+)/gi)].map(([, tag]) => tag));
    expect([...tags].filter((tag) => !ours.includes(tag ?? ''))).toEqual([]);
    // Outside code, GitHub turns @name into a mention that notifies somebody.
    expect(shown.replaceAll(/<code[\s\S]*?<\/code>/g, '')).not.toMatch(/@octocat/);
  });

  test('and a table keeps its columns', () => {
    for (const row of html(markdown([hostile])).matchAll(/<tr>([\s\S]*?)<\/tr>/g)) {
      expect(row[1]?.match(/<t[dh]>/g)).toHaveLength(3);
    }
  });
});
