import { expect, test } from 'vitest';
import { viewOf } from '../../src/snapshot/cluster-view.ts';
import { factSources, type Scope, type TargetName } from '../../src/snapshot/facts.ts';
import { generatedSnapshot } from '../../bench/generated/generated-cluster.ts';

const view = viewOf(generatedSnapshot({ services: 20 }));
const names = Object.entries(factSources);

/** A target of which only these fields may be looked at. */
const targetShowing = (shown: Partial<TargetName>): Scope => ({
  target: new Proxy({} as TargetName, {
    get: (_target, field) => {
      if (field in shown) return shown[field as keyof TargetName];
      throw new Error(`asked which Service it is: ${String(field)}`);
    },
  }),
});

test.each(names.filter(([, { of }]) => of === 'cluster'))('%s is the same for every Service', (_name, source) => {
  const scope = targetShowing({});
  source.needs(view, scope);
  source.immaterial?.(view, scope);
  expect(source.from(view, scope)).toBe(source.from(view, scope));
});

test.each(names.filter(([, { of }]) => of === 'namespace'))('%s is the same in one namespace', (_name, source) => {
  const scope = targetShowing({ namespace: 'team-001' });
  source.needs(view, scope);
  source.immaterial?.(view, scope);
  expect(source.from(view, scope)).toBe(source.from(view, scope));
});
