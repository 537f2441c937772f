import { expect, test } from 'vitest';
import type { PersistentVolumeClaim } from '../../src/k8s/objects.ts';
import { unboundClaimsOf } from '../../src/k8s/volume-claims.ts';
import { pod } from '../kit/cluster.ts';
import { event } from '../kit/pod-states.ts';

const mysql = pod({
  name: 'mysql-0',
  spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-mysql-0' } }] },
});
const claim: PersistentVolumeClaim = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data-mysql-0', namespace: 'demo' },
  spec: { storageClassName: 'standard' },
  status: { phase: 'Pending' },
};
const kindAfter = (reason: string, message: string) =>
  unboundClaimsOf(mysql, [claim], [event(claim, reason, message)]).map(({ kind }) => kind);

test('why a claim is unbound, by its events', () => {
  expect(kindAfter('ProvisioningFailed', 'storageclass.storage.k8s.io "fast-ssd" not found')).toEqual([
    'no such class',
  ]);
  expect(
    kindAfter('FailedBinding', 'no persistent volumes available for this claim and no storage class is set'),
  ).toEqual(['no class at all']);
  expect(kindAfter('ProvisioningFailed', 'rpc error: code = ResourceExhausted')).toEqual(['provisioning failed']);
  expect(kindAfter('ExternalProvisioning', 'Waiting for a volume to be created')).toEqual(['provisioner silent']);
  expect(unboundClaimsOf(mysql, [claim], [])).toMatchObject([{ kind: 'unsaid', className: 'standard' }]);
});

test('a claim that waits for its Pod, is bound, or belongs to another Pod is no trouble', () => {
  expect(kindAfter('WaitForFirstConsumer', 'waiting for first consumer to be created before binding')).toEqual([]);
  expect(unboundClaimsOf(mysql, [{ ...claim, status: { phase: 'Bound' } }], [])).toEqual([]);
  expect(unboundClaimsOf(pod({ name: 'web-0' }), [claim], [])).toEqual([]);
});
