import check from '../../../src/checks/endpoints/address-family.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { withPods } from '../../kit/pod-states.ts';

const db = workload({ name: 'db', replicas: 2 });
const six = service({ name: 'db', spec: { clusterIP: 'fd00::5', clusterIPs: ['fd00::5'], ipFamilies: ['IPv6'] } });
const dual = service({
  name: 'db',
  spec: {
    clusterIP: '10.96.7.7',
    clusterIPs: ['10.96.7.7', 'fd00::7'],
    ipFamilies: ['IPv4', 'IPv6'],
    ipFamilyPolicy: 'RequireDualStack',
  },
});

examples(check, {
  'an IPv6 Service over IPv4 Pods': {
    given: cluster([...db, six]),
    says: {
      summary: ['db wants IPv6', 'IPv4 addresses only'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['spec.ipFamilies: IPv6', 'status.podIPs: 10.244.'],
    },
  },
  'a dual-stack Service over IPv4 Pods': {
    given: cluster([...db, dual]),
    says: { summary: ['IPv6 besides IPv4'], certainty: 'certain', impact: 'degrades', evidence: ['RequireDualStack'] },
  },
  'Pods with both': {
    given: cluster([
      ...withPods(db, (pod) => change(pod, (draft) => void draft.status?.podIPs?.push({ ip: 'fd00:10:244::5' }))),
      dual,
    ]),
    says: 'passed',
  },
  'IPv4 over IPv4': { given: cluster([...db, service({ name: 'db' })]), says: 'passed' },
});
