import type { PodTrouble } from '../../k8s/pod-troubles.ts';
import type { Manifest } from '../cluster.ts';
import {
  allAtOnce,
  networkPolicy,
  withContainer,
  withPodSpec,
  withServicePort,
  withSpec,
  withVariable,
} from './changes.ts';
import { ask, askTheDoctor, type Hint } from './checklist.ts';

type Ask = (typeof ask)[keyof typeof ask];

/** The demo's objects that a failure may change. */
interface Parts {
  readonly db: Manifest;
  readonly dbService: Manifest;
  readonly api: Manifest;
  readonly apiService: Manifest;
}

/** One failure to practise on, confined to the demo's namespace. */
export interface Break {
  readonly name: string;
  /** What a person sees, without its cause: for the list. */
  readonly symptom: string;
  /** Where `svcdoctor check` finds it, and what it must call it first. */
  readonly cause: { readonly service: 'db' | 'api'; readonly check: string; readonly fromApi: boolean };
  /** What had been wrong, told when it works again. */
  readonly was: string;
  readonly hints: readonly Ask[];
  /** The Deployment whose Pods it keeps from being ready, and how they show it; absent: all are ready, once they have been replaced. */
  readonly keepsDown?: { readonly deployment: 'db' | 'api'; readonly as: PodTrouble['kind'] };
  /** The objects as they become, and those that are added. */
  readonly damage: (parts: Parts, namespace: string) => readonly Manifest[];
}

const refused = '/health/db says: connection refused';
const unknownName = '/health/db says: name not found';
const silence = '/health/db says: timeout';
/** How an address answers on a port that its Service does not have depends on what routes it. */
const unreachable = '/health/db says: timeout, or unreachable, or refused';
const nobody = 'nobody answers at svc/api';

const seenFromApi = (check: string): Break['cause'] => ({ service: 'db', check, fromApi: true });
const seenAtApi = (check: string): Break['cause'] => ({ service: 'api', check, fromApi: false });

/** First the five of the checklist, then what else happens in real clusters. */
export const breaks: readonly [Break, ...Break[]] = [
  {
    name: 'selector',
    symptom: refused,
    cause: seenFromApi('selector/no-matching-pods'),
    was: 'Service db selected app=dbx, a label that no Pod carries, so it had no endpoints.',
    hints: [ask.apiSays, ask.dbEndpoints, ask.selector],
    damage: ({ dbService }) => [withSpec(dbService, (spec) => ({ ...spec, selector: { app: 'dbx' } }))],
  },
  {
    name: 'endpoints',
    symptom: refused,
    keepsDown: { deployment: 'db', as: 'probe' },
    cause: seenFromApi('endpoints/readiness-probe'),
    was: 'The readiness probe of db asked port 5433, where nobody listens: the Pod ran, but was never ready, and so no endpoint.',
    hints: [ask.apiSays, ask.dbEndpoints, ask.pods, ask.dbPods],
    damage: ({ db }) => [
      withContainer(db, (container) => ({
        ...container,
        readinessProbe: { exec: { command: ['pg_isready', '-h', '127.0.0.1', '-p', '5433'] }, periodSeconds: 5 },
      })),
    ],
  },
  {
    name: 'port',
    symptom: refused,
    cause: seenFromApi('ports/nobody-listens'),
    was: 'Service db led to port 5433 of its Pods, and PostgreSQL listens on 5432.',
    hints: [ask.apiSays, ask.dbEndpoints, ask.ports],
    damage: ({ dbService }) => [withServicePort(dbService, { targetPort: 5433 })],
  },
  {
    name: 'namespace',
    symptom: unknownName,
    cause: seenFromApi('name/wrong-namespace'),
    was: 'The api looked for db in namespace default (DB_HOST=db.default), and the Service is in another.',
    hints: [ask.apiSays, ask.apiCalls],
    damage: ({ api }) => [withVariable(api, 'DB_HOST', { value: 'db.default' })],
  },
  {
    name: 'dns',
    symptom: silence,
    cause: seenFromApi('dns/own-resolver'),
    was: 'The api’s Pods asked 192.0.2.53 for names (dnsPolicy: None and a dnsConfig), and nobody is there.',
    hints: [ask.apiSays, ask.resolver, ask.dnsPolicy],
    damage: ({ api }) => [
      withPodSpec(api, (spec) => ({
        ...spec,
        dnsPolicy: 'None',
        dnsConfig: { nameservers: ['192.0.2.53'], searches: ['svc.cluster.local', 'cluster.local'] },
      })),
    ],
  },
  {
    name: 'readiness-path',
    symptom: nobody,
    keepsDown: { deployment: 'api', as: 'probe' },
    cause: seenAtApi('endpoints/readiness-probe'),
    was: 'The readiness probe of the api asked for /healthz, and the api only knows /health: its Pods ran, and were never ready.',
    hints: [ask.apiEndpoints, ask.pods, ask.apiPods],
    damage: ({ api }) => [
      allAtOnce(
        withContainer(api, (container) => ({
          ...container,
          readinessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 5 },
        })),
      ),
    ],
  },
  {
    name: 'named-port',
    symptom: refused,
    cause: seenFromApi('ports/named-port-unresolved'),
    was: 'Service db led to the port named postgresql, and the Pods call theirs postgres. A name that is nobody’s leads nowhere.',
    hints: [ask.apiSays, ask.dbEndpoints, ask.ports],
    damage: ({ dbService }) => [withServicePort(dbService, { targetPort: 'postgresql' })],
  },
  {
    name: 'scaled-to-zero',
    symptom: nobody,
    cause: seenAtApi('endpoints/scaled-to-zero'),
    was: 'Deployment api wanted 0 Pods.',
    hints: [ask.apiEndpoints, ask.pods, ask.replicas],
    damage: ({ api }) => [withSpec(api, (spec) => ({ ...spec, replicas: 0 }))],
  },
  {
    name: 'image',
    symptom: refused,
    keepsDown: { deployment: 'db', as: 'image' },
    cause: seenFromApi('endpoints/image-pull'),
    was: 'Deployment db named an image that does not exist: postgres:17-alpin.',
    hints: [ask.apiSays, ask.dbEndpoints, ask.pods, ask.dbPods],
    damage: ({ db }) => [withContainer(db, (container) => ({ ...container, image: 'postgres:17-alpin' }))],
  },
  {
    name: 'localhost',
    symptom: refused,
    cause: seenFromApi('ports/told-to-bind-loopback'),
    was: 'PostgreSQL was started with -h 127.0.0.1: it was ready, and only its own Pod could reach it.',
    hints: [ask.apiSays, ask.dbEndpoints, ask.ports, ask.listens, ask.dbArguments],
    damage: ({ db }) => [withContainer(db, (container) => ({ ...container, args: ['postgres', '-h', '127.0.0.1'] }))],
  },
  {
    name: 'client-port',
    symptom: unreachable,
    cause: seenFromApi('client/wrong-port'),
    was: 'The api called port 5433 of db (DB_PORT), and the Service only has 5432.',
    hints: [ask.apiSays, ask.apiCalls, ask.servicesAre],
    damage: ({ api }) => [withVariable(api, 'DB_PORT', { value: '5433' })],
  },
  {
    name: 'network-policy',
    symptom: silence,
    cause: seenFromApi('dns/egress-policy-blocks-dns'),
    was: 'NetworkPolicy api-egress let the api reach the database and nothing else: not even the DNS that tells it where the database is.',
    hints: [ask.apiSays, ask.resolver, ask.policies],
    damage: (_parts, namespace) => [
      networkPolicy(namespace, 'api-egress', {
        podSelector: { matchLabels: { app: 'api' } },
        policyTypes: ['Egress'],
        egress: [{ to: [{ podSelector: { matchLabels: { app: 'db' } } }], ports: [{ protocol: 'TCP', port: 5432 }] }],
      }),
    ],
  },
  {
    name: 'ingress-policy',
    symptom: silence,
    cause: seenFromApi('policy/ingress-blocked'),
    was: 'NetworkPolicy db-ingress let only Pods with app=web reach the database; the api’s carry app=api.',
    hints: [ask.apiSays, ask.dbEndpoints, ask.policies],
    damage: (_parts, namespace) => [
      networkPolicy(namespace, 'db-ingress', {
        podSelector: { matchLabels: { app: 'db' } },
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }] }],
      }),
    ],
  },
  {
    name: 'service-name',
    symptom: unknownName,
    cause: seenFromApi('name/not-the-service-name'),
    was: 'The api called postgres (DB_HOST), which is the name of the container: the Service is called db.',
    hints: [ask.apiSays, ask.apiCalls, ask.servicesAre],
    damage: ({ api }) => [withVariable(api, 'DB_HOST', { value: 'postgres' })],
  },
  {
    name: 'crash',
    symptom: nobody,
    keepsDown: { deployment: 'api', as: 'crash' },
    cause: seenAtApi('endpoints/crash-looping'),
    was: 'The api’s container ran /app/serve.cjs, a file that does not exist, and ended at once, again and again.',
    hints: [ask.apiEndpoints, ask.pods, ask.apiPods, ask.apiCrash],
    damage: ({ api }) => [
      allAtOnce(withContainer(api, (container) => ({ ...container, command: ['node', '/app/serve.cjs'] }))),
    ],
  },
  {
    name: 'secret-key',
    symptom: nobody,
    keepsDown: { deployment: 'api', as: 'config' },
    cause: seenAtApi('endpoints/container-config'),
    was: 'The api’s DB_PASS came from the key passwort of Secret db-credentials, and the key is called password.',
    hints: [ask.apiEndpoints, ask.pods, ask.apiPods],
    damage: ({ api }) => [
      allAtOnce(
        withVariable(api, 'DB_PASS', { valueFrom: { secretKeyRef: { name: 'db-credentials', key: 'passwort' } } }),
      ),
    ],
  },
  {
    name: 'unschedulable',
    symptom: refused,
    keepsDown: { deployment: 'db', as: 'unschedulable' },
    cause: seenFromApi('endpoints/pending'),
    was: 'Deployment db asked for 1000 CPUs, and no node has as many.',
    hints: [ask.apiSays, ask.dbEndpoints, ask.pods, ask.dbPods],
    damage: ({ db }) => [
      withContainer(db, (container) => ({
        ...container,
        resources: { requests: { cpu: '1000', memory: '128Mi' }, limits: { memory: '512Mi' } },
      })),
    ],
  },
  {
    name: 'protocol',
    symptom: unreachable,
    cause: seenFromApi('ports/wrong-protocol'),
    was: 'Port 5432 of Service db was UDP, and PostgreSQL speaks TCP.',
    hints: [ask.apiSays, ask.dbEndpoints, ask.ports],
    damage: ({ dbService }) => [withServicePort(dbService, { protocol: 'UDP' })],
  },
];

export const breakNamed = (name: string): Break | undefined => breaks.find((each) => each.name === name);

/** Its hints with the commands for that namespace; the doctor's word comes last. */
export const hintsOf = ({ hints, cause }: Break, namespace: string): readonly Hint[] => [
  ...hints.map((hint) => hint(namespace)),
  askTheDoctor(namespace, cause.service, cause.fromApi),
];

/** The demo's objects, changed so that it fails. */
export function damaged(broken: Break, manifests: readonly Manifest[], namespace: string): readonly Manifest[] {
  const part = (kind: string, name: string): Manifest => {
    const found = manifests.find((each) => each.kind === kind && each.metadata.name === name);
    if (!found) throw new Error(`the demo has no ${kind} ${name}`);
    return found;
  };
  return broken.damage(
    {
      db: part('Deployment', 'db'),
      dbService: part('Service', 'db'),
      api: part('Deployment', 'api'),
      apiService: part('Service', 'api'),
    },
    namespace,
  );
}
