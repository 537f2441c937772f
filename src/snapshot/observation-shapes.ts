import type { FieldShapes } from '../k8s/shapes.ts';
import type { ObservationKind } from './snapshot.ts';

const pod = { namespace: 'text', name: 'text' } as const;
const vantage = { 'pod?': pod, 'node?': 'text', 'portForward?': 'boolean' } as const;
const socket = { address: 'text', port: 'number', protocol: 'text' } as const;

/** What each kind of observation in a file must hold before a check may rely on it. */
export const observationShapes = {
  Listeners: { pod, sockets: [socket] },
  Connect: { from: vantage, to: socket, outcome: 'text', 'milliseconds?': 'number' },
  Lookup: {
    from: vantage,
    server: { 'pod?': pod, 'resolverOf?': pod, 'clusterDNS?': 'boolean' },
    transport: 'text',
    name: 'text',
    type: 'text',
    outcome: 'text',
    'answers?': [{ type: 'text', data: 'text' }],
    'milliseconds?': 'number',
  },
  ResolvConf: { pod, text: 'text' },
  Log: { pod, 'container?': 'text', 'previous?': 'boolean', text: 'text' },
  HttpGet: { pod, port: 'number', path: 'text', status: 'number' },
  GrpcHealth: { pod, port: 'number', 'service?': 'text', status: 'text' },
  Exec: { pod, command: ['text'], exitCode: 'number', output: 'text' },
} as const satisfies Readonly<Record<ObservationKind, FieldShapes>>;

/** What is known of reading one kind of object. */
export const coverageShape = {
  group: 'text',
  resource: 'text',
  state: 'text',
  'names?': ['text'],
  'labelSelector?': 'text',
  'detail?': 'text',
} as const satisfies FieldShapes;
