import type { Container, Ingress, IngressClass, Labels, Workload } from './objects.ts';
import { oncePer } from './once-per.ts';
import { podTemplateOf } from './workloads.ts';

/** How the images of well-known ingress controllers are called, by the name in `IngressClass.spec.controller`. */
const imagesOfController: readonly { readonly controller: RegExp; readonly image: RegExp }[] = [
  { controller: /^k8s\.io\/.*ingress-nginx|^k8s\.io\/ingress-nginx/, image: /ingress-nginx|nginx-ingress-controller/ },
  { controller: /^nginx\.org\/ingress-controller/, image: /nginx-ingress|nginx-ic/ },
  { controller: /^traefik\.io\//, image: /traefik/ },
  { controller: /haproxy/, image: /haproxy/ },
  { controller: /konghq\.com\//, image: /kong/ },
  { controller: /^projectcontour\.io\//, image: /contour/ },
  { controller: /^ingress\.k8s\.aws\/alb/, image: /aws-load-balancer-controller/ },
];

/** Whether the objects of the cluster can show this controller: it is one whose image we know. Cloud providers run theirs out of sight. */
export const isKnownController = (controller: string): boolean =>
  imagesOfController.some((known) => known.controller.test(controller));

/** The workloads that run a controller, told by their images. */
export function workloadsOfController(controller: string, workloads: readonly Workload[]): readonly Workload[] {
  const images = imagesOfController.filter((known) => known.controller.test(controller)).map(({ image }) => image);
  return controllersAmong(workloads).filter(
    (workload) => runsImage(workload, images) && (controllerClassOf(workload)?.name ?? controller) === controller,
  );
}

/** The workloads that run the same program for Ingresses of another class, each with what it is told. */
export const workloadsOfOtherClass = (
  controller: string,
  workloads: readonly Workload[],
): readonly { readonly workload: Workload; readonly told: ControllerClass }[] => {
  const images = imagesOfController.filter((known) => known.controller.test(controller)).map(({ image }) => image);
  return controllersAmong(workloads).flatMap((workload) => {
    const told = runsImage(workload, images) ? controllerClassOf(workload) : undefined;
    return told && told.name !== controller ? [{ workload, told }] : [];
  });
};

export interface ControllerClass {
  /** `k8s.io/internal-ingress-nginx`: what an IngressClass has to say in spec.controller. */
  readonly name: string;
  /** `spec.template.spec.containers[0].args`. */
  readonly field: string;
  /** `--controller-class=k8s.io/internal-ingress-nginx` */
  readonly saw: string;
}

/**
 * The one spec.controller that an ingress-nginx takes IngressClasses of, where its arguments say so.
 * Source: kubernetes/ingress-nginx pkg/flags/flags.go, controller-class; internal/ingress/controller/store/ingressclass.go.
 */
function controllerClassOf(workload: Workload): ControllerClass | undefined {
  for (const [place, { args = [], command = [] }] of (podTemplateOf(workload)?.spec.containers ?? []).entries()) {
    for (const [list, words] of Object.entries({ args, command })) {
      const at = words.findIndex((word) => /^--?controller-class(=|$)/.test(word));
      const name = words[at]?.split('=')[1] ?? (at < 0 ? undefined : words[at + 1]);
      if (name)
        return { name, field: `spec.template.spec.containers[${place}].${list}`, saw: `--controller-class=${name}` };
    }
  }
  return undefined;
}

const controllersAmong = oncePer((workloads: readonly Workload[]): readonly Workload[] =>
  workloads.filter(
    (workload) =>
      (workload.kind === 'Deployment' || workload.kind === 'DaemonSet' || workload.kind === 'StatefulSet') &&
      runsImage(
        workload,
        imagesOfController.map(({ image }) => image),
      ),
  ),
);

const runsImage = (workload: Workload, images: readonly RegExp[]): boolean =>
  (podTemplateOf(workload)?.spec.containers ?? []).some(({ image = '' }) => images.some((known) => known.test(image)));

const edgeImages = imagesOfController.map(({ image }) => image);

/** Whether a workload runs an ingress controller that is known by its image. */
export const isEdgeController = (workload: Workload): boolean =>
  (podTemplateOf(workload)?.spec.containers ?? []).some(({ image = '' }) =>
    edgeImages.some((known) => known.test(image)),
  );

/** What a controller is told to look at, where that is less than the whole cluster. */
export interface Watch {
  readonly workload: Workload;
  /** `spec.template.spec.containers[0].args`. */
  readonly field: string;
  /** `--watch-namespace=prod`. */
  readonly saw: string;
  readonly namespaces?: readonly string[];
  /** The namespaces with these labels. */
  readonly labels?: Labels;
}

/** ingress-nginx, HAProxy and the AWS controller · the one of nginx.org · Traefik · Kong. */
const watchFlags =
  /^--?(watch-namespace|namespace-whitelist|watch-namespace-selector|providers\.kubernetesingress\.namespaces)(?:=(.*))?$/i;

/** The namespaces that a controller is kept to; undefined where it watches all, or where its arguments do not tell. */
export function watchOf(workload: Workload): Watch | undefined {
  const containers = podTemplateOf(workload)?.spec.containers ?? [];
  for (const [place, { args = [], command = [], env = [] }] of containers.entries()) {
    const words = [...command, ...args];
    const at = words.findIndex((word) => watchFlags.test(word));
    const [, flag = '', assigned] = watchFlags.exec(words[at] ?? '') ?? [];
    const variable = env.find(({ name, value }) => name === 'CONTROLLER_WATCH_NAMESPACE' && value);
    const value = at >= 0 ? (assigned ?? words[at + 1]) : variable?.value;
    if (!value) continue;
    const base = {
      workload,
      saw: at >= 0 ? `${words[at]?.split('=')[0]}=${value}` : `CONTROLLER_WATCH_NAMESPACE=${value}`,
    };
    const field = `spec.template.spec.containers[${place}].${at >= 0 ? 'args' : 'env'}`;
    if (flag.toLowerCase().endsWith('selector')) {
      const labels = pairsIn(value);
      return labels && { ...base, field, labels };
    }
    const own = workload.metadata.namespace ?? '';
    const namespaces = value
      .split(',')
      .map((name) => (/^\$\((POD_)?NAMESPACE\)$/.test(name.trim()) ? own : name.trim()));
    return namespaces.some((name) => name === '' || name.includes('$')) ? undefined : { ...base, field, namespaces };
  }
  return undefined;
}

/** `team=a,stage=prod` as labels; undefined for selectors of any other form. */
function pairsIn(text: string): Labels | undefined {
  const pairs = text.split(',').map((pair) => /^([\w./-]+)==?([\w.-]*)$/.exec(pair.trim()));
  return pairs.every((pair) => pair !== null)
    ? Object.fromEntries(pairs.map(([, key = '', value = '']) => [key, value]))
    : undefined;
}

/**
 * Whether a Traefik lets IngressRoutes name Services of other namespaces: not unless it is told to. Undefined for other programs, and for a Traefik
 * that reads its configuration from a file.
 */
export function traefikAllowsCrossNamespace(
  workload: Workload,
): { readonly allowed: boolean | undefined; readonly field: string; readonly saw: string } | undefined {
  const containers = podTemplateOf(workload)?.spec.containers ?? [];
  const place = containers.findIndex(({ image = '' }) => /(^|\/)traefik(:|@|$)/.test(image));
  const traefik = containers[place];
  if (!traefik) return undefined;
  const words = wordsOf(traefik);
  const field = `spec.template.spec.containers[${place}].args`;
  const told = words.find((word) => /allowcrossnamespace/i.test(word));
  if (told) return { allowed: !/=false$/i.test(told), field, saw: told };
  const provider = words.find((word) => /^--providers\.kubernetescrd(=true)?$/i.test(word));
  return { allowed: provider ? false : undefined, field, saw: provider ?? 'no provider among its arguments' };
}

const wordsOf = ({ command = [], args = [], env = [] }: Container): readonly string[] => [
  ...command,
  ...args,
  ...env.map(({ name, value = '' }) => `${name}=${value}`),
];

/** How many of its Pods can serve now. */
export const readyPodsOf = ({ kind, status }: Workload): number =>
  (kind === 'DaemonSet' ? status?.numberReady : status?.readyReplicas) ?? 0;

/** Whether ingress-nginx of the Kubernetes project serves an Ingress: its annotations mean something then. */
export function isNginx(ingress: Ingress, classes: readonly IngressClass[]): boolean {
  const name = ingress.spec.ingressClassName ?? ingress.metadata.annotations?.['kubernetes.io/ingress.class'];
  const controller = classes.find(({ metadata }) => metadata.name === name)?.spec?.controller;
  return controller === undefined ? name === 'nginx' : controller.startsWith('k8s.io/');
}
