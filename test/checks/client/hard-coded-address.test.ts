import check from '../../../src/checks/client/hard-coded-address.ts';
import type { Pod, Service } from '../../../src/k8s/objects.ts';
import { billing, caller, postgres } from '../../kit/caller.ts';
import { change, service } from '../../kit/cluster.ts';
import { ingress } from '../../kit/edge.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/postgres';
const podIP = (postgres.find(({ kind }) => kind === 'Pod') as Pod).status?.podIP ?? '';
const clusterIP = (postgres.find(({ kind }) => kind === 'Service') as Service).spec.clusterIP ?? '';

const exposed = billing({ type: 'NodePort', ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: 30080 }] });

const balancer = change(service({ name: 'edge', spec: { type: 'LoadBalancer' } }), (draft) => {
  draft.status = { loadBalancer: { ingress: [{ ip: '192.168.10.11' }] } };
});

examples(check, {
  'a ClusterIP from before the Service was made anew': {
    ...caller({ DB_HOST: '10.96.255.1', DB_PORT: '5432' }, postgres),
    target,
    says: {
      summary: ['DB_HOST', '10.96.255.1', clusterIP],
      certainty: 'certain',
      evidence: [`service/postgres spec.clusterIP: ${clusterIP}`],
    },
  },
  'the address of a Pod that is gone': {
    ...caller({ DATABASE_URL: 'postgres://10.244.255.9:5432/app' }, postgres),
    target,
    says: { summary: ['10.244.255.9', 'no Pod'], certainty: 'likely' },
  },
  'the address of a Pod that still runs': {
    ...caller({ DB_HOST: podIP }, postgres),
    target,
    says: { summary: [podIP, 'next restart'], certainty: 'certain', impact: 'risks' },
  },
  'the address of a node with the port of the Service': {
    ...caller({ BILLING_URL: 'http://192.168.10.11/' }, exposed),
    says: {
      summary: ['192.168.10.11', 'node node-a, which answers on node port 30080, not on 80'],
      certainty: 'likely',
      impact: 'breaks',
    },
  },
  'the address of a node, and no node port': {
    ...caller({ BILLING_URL: 'http://192.168.10.12:80' }),
    says: { summary: ['it has no node port'], certainty: 'likely' },
  },
  'the address of a node with the node port': {
    ...caller({ BILLING_URL: 'http://192.168.10.11:30080' }, exposed),
    says: 'passed',
  },
  'the address of a node that a load balancer has': {
    ...caller({ BILLING_URL: 'http://192.168.10.11/' }, [...billing(), balancer]),
    says: 'passed',
  },
  'the address of a node, through an Ingress': {
    ...caller({ BILLING_URL: 'http://192.168.10.11/' }, [...billing(), ingress({ service: 'billing' })]),
    says: 'passed',
  },
  'the address of a node for something else': {
    ...caller({ DOCS_URL: 'http://192.168.10.11/' }, exposed),
    says: 'passed',
  },
  'the current ClusterIP': { ...caller({ DB_HOST: clusterIP }, postgres), target, says: 'passed' },
  'a database outside the cluster': { ...caller({ LEGACY_DB_HOST: '172.16.9.9' }, postgres), target, says: 'passed' },
  'an address of something else': { ...caller({ SMTP_HOST: '10.96.255.1' }, postgres), target, says: 'passed' },
});
