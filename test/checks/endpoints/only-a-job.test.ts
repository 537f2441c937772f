import check from '../../../src/checks/endpoints/only-a-job.ts';
import type { Workload } from '../../../src/k8s/objects.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const template = { metadata: { labels: { app: 'report' } }, spec: { containers: [{ name: 'report' }] } };
const cron: Workload = {
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'report', namespace: 'demo' },
  spec: { jobTemplate: { spec: { template } } },
};
const job: Workload = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'report', namespace: 'demo' },
  spec: { suspend: true, template },
};
const svc = service({ name: 'report' });
const target = 'demo/report';

examples(check, {
  'between two runs of a CronJob': {
    target,
    given: cluster([cron, svc]),
    says: { summary: ['CronJob report', 'no run'], certainty: 'certain', evidence: ['app=report'] },
  },
  'a suspended Job': {
    target,
    given: cluster([job, svc]),
    says: { summary: ['Job report', 'suspended'], certainty: 'certain', evidence: ['spec.suspend: true'] },
  },
  'a suspended CronJob': {
    target,
    given: cluster([change(cron, (draft) => void (draft.spec.suspend = true)), svc]),
    says: { summary: ['suspended'], certainty: 'certain' },
  },
  'a server beside it that nearly has the label': {
    target,
    given: cluster([cron, svc, ...workload({ name: 'report-api' })]),
    says: {
      summary: ['CronJob report', 'deployment/report-api carry app=report-api'],
      certainty: 'certain',
      evidence: ['labels of its Pods: app=report-api'],
    },
  },
  'something else beside it': {
    target,
    given: cluster([cron, svc, ...workload({ name: 'mail' })]),
    says: {
      summary: ['CronJob report is all that makes Pods here, and no run of it is under way'],
      certainty: 'certain',
    },
  },
  'a Deployment too': { target, given: cluster([cron, workload({ name: 'report' })[0], svc]), says: 'passed' },
});
