import type { KubeObject } from '../k8s/objects.ts';
import { resourceKey, type Resource } from '../k8s/resources.ts';
import {
  bytes,
  each,
  inline,
  list,
  map,
  message,
  NotProtobuf,
  number,
  shared,
  sourceOf,
  text,
  truth,
  unlessEmpty,
  value,
  type Alike,
  type Fields,
  type Type,
} from './protobuf.ts';

/**
 * The kinds that come by the ten thousand, as the API server writes them in protobuf: a third of the bytes of their JSON, for a quarter of the
 * server's time, and what is not kept is not taken apart. The names are those of the JSON, the numbers stand in generated.proto beside
 * k8s.io/api/core/v1 and its kin, and whether an empty field is written is said by the tags in types.go there. Here are the fields that a
 * sweep keeps (`snapshot/projection.ts`); a test on the real API server holds each kind against its JSON.
 */

/** RFC 3339 to the second; what has no time is written as nothing. */
const time: Type = (() => {
  const stamp = message({ seconds: value(1, number) });
  let last = { seconds: Number.NaN, text: '' };
  return {
    ...stamp,
    read(source, end) {
      const { seconds } = stamp.read(source, end) as { readonly seconds?: number };
      if (seconds === undefined) return undefined;
      if (seconds !== last.seconds) last = { seconds, text: rfc3339(seconds) };
      return last.text;
    },
  };
})();

function rfc3339(seconds: number): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) throw new NotProtobuf('a time that is none');
  return date.toISOString().replace('.000Z', 'Z');
}

/** A type that is read as another message, of which one value is the answer. */
const chosen = (fields: Fields, choose: (object: Readonly<Record<string, unknown>>) => unknown): Type => {
  const inner = message(fields);
  return {
    wire: inner.wire,
    read: (source, end) => choose(inner.read(source, end) as Readonly<Record<string, unknown>>),
  };
};

const quantity = chosen({ string: value(1, text) }, ({ string = '0' }) => string);
const intOrString = chosen(
  { type: value(1, number), intVal: value(2, number), strVal: value(3, text) },
  ({ type = 0, intVal = 0, strVal = '' }) => (type === 0 ? intVal : strVal),
);

const ownerReference = message({
  apiVersion: value(5, text),
  kind: value(1, text),
  name: value(3, text),
  uid: value(4, text),
  controller: value(6, truth),
  blockOwnerDeletion: value(7, truth),
});

const objectMeta = message({
  name: unlessEmpty(1, text),
  namespace: unlessEmpty(3, text),
  uid: unlessEmpty(5, text),
  generation: unlessEmpty(7, number),
  creationTimestamp: value(8, time),
  deletionTimestamp: value(9, time),
  deletionGracePeriodSeconds: value(10, number),
  labels: shared(map(11)),
  annotations: shared(map(12)),
  ownerReferences: shared(list(13, ownerReference)),
  finalizers: list(14, text),
});

const labelSelector = message({
  matchLabels: map(1),
  matchExpressions: list(2, message({ key: value(1, text), operator: value(2, text), values: list(3, text) })),
});

const localObject = message({ name: unlessEmpty(1, text) });
const configMapOrSecretKey = message({
  name: inline(1, localObject),
  key: value(2, text),
  optional: value(3, truth),
});
const configMapOrSecretEnv = message({ name: inline(1, localObject), optional: value(2, truth) });
const keyToPath = message({ key: value(1, text), path: value(2, text), mode: value(3, number) });

const envVar = message({
  name: value(1, text),
  value: unlessEmpty(2, text),
  valueFrom: value(
    3,
    message({
      fieldRef: value(1, message({ apiVersion: unlessEmpty(1, text), fieldPath: value(2, text) })),
      resourceFieldRef: value(
        2,
        message({ containerName: unlessEmpty(1, text), resource: value(2, text), divisor: value(3, quantity) }),
      ),
      configMapKeyRef: value(3, configMapOrSecretKey),
      secretKeyRef: value(4, configMapOrSecretKey),
      fileKeyRef: value(
        5,
        message({ volumeName: value(1, text), path: value(2, text), key: value(3, text), optional: value(4, truth) }),
      ),
    }),
  ),
});

const probe = message({
  handler: inline(
    1,
    message({
      exec: value(1, message({ command: list(1, text) })),
      httpGet: value(
        2,
        message({
          path: unlessEmpty(1, text),
          port: value(2, intOrString),
          host: unlessEmpty(3, text),
          scheme: unlessEmpty(4, text),
          httpHeaders: list(5, message({ name: value(1, text), value: value(2, text) })),
        }),
      ),
      tcpSocket: value(3, message({ port: value(1, intOrString), host: unlessEmpty(2, text) })),
      grpc: value(4, message({ port: value(1, number), service: value(2, text) })),
    }),
  ),
  initialDelaySeconds: unlessEmpty(2, number),
  timeoutSeconds: unlessEmpty(3, number),
  periodSeconds: unlessEmpty(4, number),
  successThreshold: unlessEmpty(5, number),
  failureThreshold: unlessEmpty(6, number),
  terminationGracePeriodSeconds: value(7, number),
});

const container = message({
  name: value(1, text),
  image: unlessEmpty(2, text),
  command: shared(list(3, text)),
  args: shared(list(4, text)),
  ports: shared(
    list(
      6,
      message({
        name: unlessEmpty(1, text),
        hostPort: unlessEmpty(2, number),
        containerPort: value(3, number),
        protocol: unlessEmpty(4, text),
        hostIP: unlessEmpty(5, text),
      }),
    ),
  ),
  envFrom: shared(
    list(
      19,
      message({
        prefix: unlessEmpty(1, text),
        configMapRef: value(2, configMapOrSecretEnv),
        secretRef: value(3, configMapOrSecretEnv),
      }),
    ),
  ),
  env: shared(list(7, envVar)),
  resources: shared(
    value(
      8,
      message({
        limits: map(1, quantity),
        requests: map(2, quantity),
        claims: list(3, message({ name: value(1, text), request: unlessEmpty(2, text) })),
      }),
    ),
  ),
  restartPolicy: value(24, text),
  volumeMounts: list(9, message({ name: value(1, text), mountPath: value(3, text), subPath: unlessEmpty(4, text) })),
  livenessProbe: shared(value(10, probe)),
  readinessProbe: shared(value(11, probe)),
  startupProbe: shared(value(22, probe)),
  imagePullPolicy: unlessEmpty(14, text),
});

const files = { items: list(2, keyToPath), optional: value(4, truth) };

const volume = message({
  name: value(1, text),
  source: inline(
    2,
    message({
      secret: value(6, message({ secretName: unlessEmpty(1, text), defaultMode: value(3, number), ...files })),
      persistentVolumeClaim: value(10, message({ claimName: value(1, text), readOnly: unlessEmpty(2, truth) })),
      configMap: value(19, message({ name: inline(1, localObject), defaultMode: value(3, number), ...files })),
      projected: value(
        26,
        message({
          sources: list(1, message({ configMap: value(3, message({ name: inline(1, localObject), ...files })) })),
        }),
      ),
    }),
  ),
});

const podSpec = message({
  volumes: list(1, volume),
  initContainers: list(20, container),
  containers: list(2, container),
  restartPolicy: unlessEmpty(3, text),
  dnsPolicy: unlessEmpty(6, text),
  nodeSelector: shared(map(7)),
  serviceAccountName: unlessEmpty(8, text),
  automountServiceAccountToken: value(21, truth),
  nodeName: unlessEmpty(10, text),
  hostNetwork: unlessEmpty(11, truth),
  imagePullSecrets: shared(list(15, localObject)),
  hostname: unlessEmpty(16, text),
  subdomain: unlessEmpty(17, text),
  schedulerName: unlessEmpty(19, text),
  hostAliases: shared(list(23, message({ ip: value(1, text), hostnames: list(2, text) }))),
  dnsConfig: value(
    26,
    message({
      nameservers: list(1, text),
      searches: list(2, text),
      options: list(3, message({ name: unlessEmpty(1, text), value: value(2, text) })),
    }),
  ),
  readinessGates: list(28, message({ conditionType: value(1, text) })),
  runtimeClassName: value(29, text),
  enableServiceLinks: value(30, truth),
  schedulingGates: list(38, message({ name: value(1, text) })),
});

const containerState = message({
  waiting: value(1, message({ reason: unlessEmpty(1, text), message: unlessEmpty(2, text) })),
  running: value(2, message({ startedAt: value(1, time) })),
  terminated: value(
    3,
    message({
      exitCode: value(1, number),
      signal: unlessEmpty(2, number),
      reason: unlessEmpty(3, text),
      message: unlessEmpty(4, text),
      startedAt: value(5, time),
      finishedAt: value(6, time),
      containerID: unlessEmpty(7, text),
    }),
  ),
});

const containerStatus = message({
  name: value(1, text),
  state: shared(value(2, containerState)),
  lastState: shared(value(3, containerState)),
  ready: value(4, truth),
  restartCount: value(5, number),
  image: value(6, text),
  started: value(9, truth),
});

const conditionFields = (timeNumber: number, reasonNumber: number): Fields => ({
  type: value(1, text),
  status: value(2, text),
  lastTransitionTime: value(timeNumber, time),
  reason: unlessEmpty(reasonNumber, text),
  message: unlessEmpty(reasonNumber + 1, text),
});

const podIps = list(12, message({ ip: value(1, text) }));

const pod = message({
  metadata: value(1, objectMeta),
  spec: value(2, podSpec),
  status: value(
    3,
    message({
      phase: unlessEmpty(1, text),
      conditions: shared(list(2, message({ ...conditionFields(4, 5), observedGeneration: unlessEmpty(7, number) }))),
      message: unlessEmpty(3, text),
      reason: unlessEmpty(4, text),
      hostIP: unlessEmpty(5, text),
      hostIPs: shared({ ...podIps, number: 16 }),
      podIP: unlessEmpty(6, text),
      podIPs: podIps,
      startTime: value(7, time),
      initContainerStatuses: list(10, containerStatus),
      containerStatuses: list(8, containerStatus),
    }),
  ),
});

const podTemplate = message({ metadata: value(1, objectMeta), spec: value(2, podSpec) });

const deployment = message({
  metadata: value(1, objectMeta),
  spec: value(
    2,
    message({
      replicas: value(1, number),
      selector: value(2, labelSelector),
      template: value(3, podTemplate),
      strategy: shared(
        value(
          4,
          message({
            type: unlessEmpty(1, text),
            rollingUpdate: value(
              2,
              message({ maxUnavailable: value(1, intOrString), maxSurge: value(2, intOrString) }),
            ),
          }),
        ),
      ),
      paused: unlessEmpty(7, truth),
    }),
  ),
  status: value(
    3,
    message({
      observedGeneration: unlessEmpty(1, number),
      replicas: unlessEmpty(2, number),
      updatedReplicas: unlessEmpty(3, number),
      readyReplicas: unlessEmpty(7, number),
      availableReplicas: unlessEmpty(4, number),
      unavailableReplicas: unlessEmpty(5, number),
      terminatingReplicas: value(9, number),
      conditions: list(6, message({ ...conditionFields(7, 4), lastUpdateTime: value(6, time) })),
      collisionCount: value(8, number),
    }),
  ),
});

const replicaSet = message({
  metadata: value(1, objectMeta),
  spec: value(
    2,
    message({ replicas: value(1, number), selector: value(2, labelSelector), template: value(3, podTemplate) }),
  ),
  status: value(
    3,
    message({
      replicas: value(1, number),
      fullyLabeledReplicas: unlessEmpty(2, number),
      readyReplicas: unlessEmpty(4, number),
      availableReplicas: unlessEmpty(5, number),
      terminatingReplicas: value(7, number),
      observedGeneration: unlessEmpty(3, number),
      conditions: list(6, message(conditionFields(3, 4))),
    }),
  ),
});

const endpointSlice = message({
  metadata: value(1, objectMeta),
  addressType: value(4, text),
  endpoints: list(
    2,
    message({
      addresses: list(1, text),
      conditions: shared(
        value(2, message({ ready: value(1, truth), serving: value(2, truth), terminating: value(3, truth) })),
      ),
      hostname: value(3, text),
      targetRef: value(
        4,
        message({
          kind: unlessEmpty(1, text),
          namespace: unlessEmpty(2, text),
          name: unlessEmpty(3, text),
          uid: unlessEmpty(4, text),
        }),
      ),
      nodeName: value(6, text),
      zone: value(7, text),
    }),
  ),
  ports: shared(
    list(
      3,
      message({ name: value(1, text), protocol: value(2, text), port: value(3, number), appProtocol: value(4, text) }),
    ),
  ),
});

/** By the kind of their list. */
const kinds: Readonly<Record<string, Type>> = {
  PodList: pod,
  DeploymentList: deployment,
  ReplicaSetList: replicaSet,
  EndpointSliceList: endpointSlice,
};

const listed = new Set(['pods', 'apps/deployments', 'apps/replicasets', 'discovery.k8s.io/endpointslices']);

/** Whether lists of it can be read in protobuf. */
export const isInProtobuf = ({ group, resource }: Resource): boolean => listed.has(resourceKey(group, resource));

/** What the API server is asked for where it can: a server that has no protobuf answers with JSON. */
export const acceptProtobuf = 'application/vnd.kubernetes.protobuf,application/json';

const magic = 'k8s\0';

/** What stands around every answer. Source: k8s.io/apimachinery/pkg/runtime/generated.proto, Unknown. */
const envelope = message({
  typeMeta: value(1, message({ apiVersion: unlessEmpty(1, text), kind: unlessEmpty(2, text) })),
  raw: value(2, bytes),
});

const listHead = message({ metadata: value(1, message({ continue: unlessEmpty(3, text) })) });
const status = message({ ...listHead.fields, message: unlessEmpty(3, text), reason: unlessEmpty(4, text) });
const itemNumber = 2;

/** An answer as its JSON would be: a Status, or a list with the fields told of here. */
export interface ProtobufBody {
  readonly apiVersion: string;
  readonly kind: string;
  readonly message?: string;
  readonly metadata?: { readonly continue?: string };
  readonly items?: readonly KubeObject[];
}

/** Where a list goes on, told without taking its items apart; undefined where it ends, or is none. */
export function continueInProtobuf(answer: Buffer): string | undefined {
  try {
    const { raw } = opened(answer);
    return (read(listHead, raw) as Partial<ProtobufBody>).metadata?.continue;
  } catch {
    return undefined;
  }
}

/** Undefined where the bytes are nothing that the API server writes. `alike` is kept from one page of a list to the next. */
export function parsedProtobuf(answer: Buffer, alike: Alike): ProtobufBody | undefined {
  try {
    const { apiVersion, kind, raw } = opened(answer);
    if (kind === 'Status') return { apiVersion, kind, ...(read(status, raw) as object) };
    const type = kinds[kind];
    if (!type) return undefined;
    const typeMeta = { apiVersion, kind: kind.replace(/List$/, '') };
    const items = each(raw, itemNumber, type, alike) as Iterable<object>;
    return {
      apiVersion,
      kind,
      ...(read(listHead, raw) as object),
      items: Array.from(items, (item) => ({ ...typeMeta, ...item }) as KubeObject),
    };
  } catch (error) {
    if (error instanceof NotProtobuf) return undefined;
    throw error;
  }
}

function opened(answer: Buffer) {
  if (answer.toString('latin1', 0, magic.length) !== magic)
    throw new NotProtobuf('it does not begin as Kubernetes does');
  const { typeMeta = {}, raw = answer.subarray(0, 0) } = read(envelope, answer.subarray(magic.length)) as {
    readonly typeMeta?: { readonly apiVersion?: string; readonly kind?: string };
    readonly raw?: Buffer;
  };
  return { apiVersion: '', kind: '', ...typeMeta, raw };
}

const read = (type: Type, from: Buffer): unknown => type.read(sourceOf(from, new Map()), from.length);
