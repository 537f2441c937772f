import { expect, test } from 'vitest';
import { expand, unexpandedIn } from '../../src/k8s/client-settings.ts';

const valueOf = (name: string) => ({ HOST: 'db', PORT: '5432' })[name];

test.each([
  ['tcp://$(HOST):$(PORT)', 'tcp://db:5432'],
  ['$$(HOST)', '$(HOST)'],
  ['$(MISSING)', '$(MISSING)'],
  ['$HOST and ${HOST}', '$HOST and ${HOST}'],
  ['100$', '100$'],
])('%s', (text, expected) => expect(expand(text, valueOf)).toBe(expected));

test('what stays unexpanded', () => expect(unexpandedIn('http://$(A):$(B)')).toEqual(['A', 'B']));
