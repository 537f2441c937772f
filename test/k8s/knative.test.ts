import { expect, test } from 'vitest';
import { isKnativeGateway, knativeNameOf, knativeRoleOf } from '../../src/k8s/knative.ts';
import { change, service } from '../kit/cluster.ts';

test('the Services that Knative makes', () => {
  const plain = service({ name: 'hello-00001-private', selector: null });
  const labelled = change(plain, (draft) => {
    draft.metadata.labels = {
      'serving.knative.dev/service': 'hello',
      'networking.internal.knative.dev/serviceType': 'Private',
    };
  });
  expect(knativeRoleOf(plain)).toBeUndefined();
  expect(knativeRoleOf(labelled)).toBe('private');
  expect(knativeNameOf(labelled)).toBe('hello');
  expect(isKnativeGateway(service({ name: 'kourier-internal', namespace: 'kourier-system' }))).toBe(true);
  expect(isKnativeGateway(service({ name: 'kourier-internal' }))).toBe(false);
});
