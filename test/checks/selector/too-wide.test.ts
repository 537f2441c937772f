import check from '../../../src/checks/selector/too-wide.ts';
import type { KubeObject, Workload } from '../../../src/k8s/objects.ts';
import { cluster, pod, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const release = (instance: string) =>
  workload({
    name: `${instance}-nextcloud`,
    labels: { 'app.kubernetes.io/name': 'nextcloud', 'app.kubernetes.io/instance': instance },
  });
const nextcloud = (instance: string) =>
  service({ name: `${instance}-nextcloud`, selector: { 'app.kubernetes.io/name': 'nextcloud' } });
const pg = { ports: [{ name: 'pg', containerPort: 5432 }] };
const shop = service({ name: 'db', selector: { app: 'shop' }, ports: [{ name: 'pg', port: 5432, targetPort: 5432 }] });
const db = workload({ name: 'db', labels: { app: 'shop', component: 'db' }, container: pg });
const jobOf = (kind: 'Job' | 'CronJob', labels = { app: 'shop' }): Workload => ({
  apiVersion: 'batch/v1',
  kind,
  metadata: { name: 'backup', namespace: 'demo', uid: 'job-backup' },
  spec:
    kind === 'Job'
      ? { template: { metadata: { labels }, spec: { containers: [{ name: 'backup' }] } } }
      : { jobTemplate: { spec: { template: { metadata: { labels }, spec: { containers: [{ name: 'backup' }] } } } } },
});
const run: Workload = {
  ...jobOf('Job'),
  metadata: {
    name: 'backup-29012345',
    namespace: 'demo',
    ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'backup', uid: 'job-backup', controller: true }],
  },
};
const jobPod = pod({ name: 'backup-x7k2p', owner: jobOf('Job'), labels: { app: 'shop' } });
const operated: KubeObject = {
  apiVersion: 'postgresql.cnpg.io/v1',
  kind: 'Cluster',
  metadata: { name: 'db', namespace: 'demo', uid: 'c' },
};

const program = (name: string, image: string, labels: Record<string, string>, container: object = {}) =>
  workload({ name, labels, container: { image: `registry.example.com/${image}`, ...container } });
const pricing = { app: 'search', tier: 'pricing' };
const prices = [...program('pricing', 'pricing:2.1', pricing), service({ name: 'pricing', selector: pricing })];
const search = [
  ...program('search-stable', 'search:4.1', { app: 'search', tier: 'frontend' }),
  service({ name: 'search', selector: { app: 'search', tier: 'frontend' } }),
];

examples(check, {
  'two releases of one chart, and no instance in the selector': {
    target: 'demo/alpha-nextcloud',
    given: cluster([...release('alpha'), ...release('beta'), nextcloud('alpha'), nextcloud('beta')]),
    says: {
      summary: ['deployment/beta-nextcloud', 'deployment/alpha-nextcloud', 'app.kubernetes.io/instance=alpha'],
      certainty: 'certain',
      impact: 'degrades',
      evidence: ['metadata.labels.app.kubernetes.io/instance: beta, of deployment/beta-nextcloud'],
    },
  },
  'a canary of another program with the wrong label': {
    target: 'demo/pricing',
    given: cluster([...prices, ...search, ...program('search-canary', 'search:4.2', { ...pricing, track: 'canary' })]),
    says: {
      summary: ['deployment/search-canary, another program', 'beside deployment/pricing'],
      certainty: 'certain',
      evidence: ['spec.selector: app=search,tier=pricing'],
    },
  },
  'a canary of its own program, built into another image': {
    target: 'demo/pricing',
    given: cluster([
      ...prices,
      ...search,
      ...program('pricing-canary', 'pricing-next:3.0', { ...pricing, track: 'canary' }),
    ]),
    says: 'passed',
  },
  'another component on the same port': {
    target: 'demo/storefront',
    given: cluster([
      ...program('storefront', 'storefront:1', {
        'app.kubernetes.io/part-of': 'shop',
        'app.kubernetes.io/name': 'storefront',
      }),
      ...program('checkout', 'checkout:1', {
        'app.kubernetes.io/part-of': 'shop',
        'app.kubernetes.io/name': 'checkout',
      }),
      service({ name: 'storefront', selector: { 'app.kubernetes.io/part-of': 'shop' } }),
    ]),
    says: {
      summary: ['deployment/checkout, another component', 'app.kubernetes.io/name=storefront'],
      certainty: 'likely',
    },
  },
  'two generations of one program, side by side': {
    target: 'demo/storefront',
    given: cluster([
      ...program('storefront', 'storefront:1', { shop: 'yes', app: 'storefront' }),
      ...program('legacy-storefront', 'legacy-shop:1', { shop: 'yes', app: 'legacy-storefront' }),
      service({ name: 'storefront', selector: { shop: 'yes' } }),
    ]),
    says: 'passed',
  },
  'one release': {
    target: 'demo/alpha-nextcloud',
    given: cluster([...release('alpha'), nextcloud('alpha')]),
    says: 'passed',
    detail: 'all are Pods of deployment/alpha-nextcloud',
  },
  'the instance is in the selector': {
    target: 'demo/alpha-nextcloud',
    given: cluster([
      ...release('alpha'),
      ...release('beta'),
      service({ name: 'alpha-nextcloud', selector: { 'app.kubernetes.io/instance': 'alpha' } }),
    ]),
    says: 'passed',
  },
  'a canary as a release of its own': {
    target: 'demo/shop-nextcloud',
    given: cluster([...release('shop'), ...release('shop-canary'), nextcloud('shop')]),
    says: 'passed',
    detail: '2 workloads are behind it',
  },
  'a component with other ports': {
    given: cluster([...db, ...workload({ name: 'web', labels: { app: 'shop', component: 'web' } }), shop]),
    says: { summary: ['deployment/web', 'component=db'], certainty: 'certain' },
  },
  'a program with other ports and the very same labels': {
    given: cluster([
      ...workload({ name: 'db', labels: { app: 'shop' }, container: pg }),
      ...workload({ name: 'web', labels: { app: 'shop' } }),
      shop,
    ]),
    says: { summary: ['deployment/web', 'another program'], certainty: 'certain' },
  },
  'the same image behind other words: pools': {
    given: cluster([
      ...['db-a', 'db-b'].flatMap((name) =>
        workload({ name, labels: { app: 'shop', pool: name }, container: { ...pg, image: 'postgres:17' } }),
      ),
      shop,
    ]),
    says: 'passed',
  },
  'a Job that runs': {
    given: cluster([...db, jobOf('Job'), jobPod, shop]),
    says: { summary: ['job/backup', 'serves nothing', 'component=db'], certainty: 'certain', impact: 'degrades' },
  },
  'a Job that has ended': {
    given: cluster([
      ...db,
      { ...jobOf('Job'), status: { conditions: [{ type: 'Complete', status: 'True' }] } } as Workload,
      { ...jobPod, status: { phase: 'Succeeded' } } as KubeObject,
      shop,
    ]),
    says: 'passed',
  },
  'a run of a CronJob': {
    given: cluster([
      ...db,
      jobOf('CronJob'),
      run,
      pod({
        name: 'backup-29012345-x2k9q',
        labels: { app: 'shop' },
        owner: run,
        spec: { restartPolicy: 'Never', containers: [{ name: 'backup', ports: pg.ports }] },
      }),
      shop,
    ]),
    says: {
      summary: ['job/backup-29012345 of cronjob/backup, which serves nothing, gets connections'],
      certainty: 'certain',
    },
  },
  'a CronJob between two runs': {
    given: cluster([...db, jobOf('CronJob'), shop]),
    says: {
      summary: ['cronjob/backup, which serves nothing, becomes an endpoint'],
      certainty: 'certain',
      impact: 'risks',
    },
  },
  'nothing but a Job': { given: cluster([jobOf('Job'), jobPod, shop]), says: 'passed' },
  'Pods of one operator, each with no workload of its own': {
    given: cluster([...[1, 2].map((n) => pod({ name: `db-${n}`, owner: operated, labels: { app: 'shop' } })), shop]),
    says: 'passed',
    detail: 'cluster/db',
  },
  'a bare Pod for debugging under the same label': {
    given: cluster([
      ...db,
      pod({ name: 'shell', labels: { app: 'shop' }, spec: { containers: [{ name: 'shell', image: 'busybox:1.36' }] } }),
      shop,
    ]),
    says: { summary: ['pod/shell'], certainty: 'certain' },
  },
  'two workloads, each with a Service of its own, and one label for both': {
    given: cluster(
      ['db', 'cache'].flatMap((name) => [
        ...workload({ name, labels: { kind: 'database', app: name }, container: pg }),
        service({ name, selector: { kind: 'database' }, ports: [{ name: 'pg', port: 5432, targetPort: 5432 }] }),
      ]),
    ),
    says: { summary: ['deployment/cache', 'app=db'], certainty: 'certain' },
  },
  'a Pod that an operator runs once, to check a configuration': {
    given: cluster([
      ...db,
      pod({ name: 'db-configcheck-7a2f', owner: operated, labels: { app: 'shop' }, spec: { restartPolicy: 'Never' } }),
      shop,
    ]),
    says: { summary: ['cluster/db'], certainty: 'certain' },
  },
  'peers of a headless Service': {
    given: cluster([
      ...db,
      ...workload({ name: 'web', labels: { app: 'shop', component: 'web' } }),
      service({ name: 'db', selector: { app: 'shop' }, spec: { clusterIP: 'None' } }),
    ]),
    says: 'passed',
  },
  'no selector': { given: cluster([service({ name: 'db', selector: null })]), says: 'not-applicable' },
});
