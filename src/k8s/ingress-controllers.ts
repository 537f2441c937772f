import type { Ingress, IngressClass, Workload } from './objects.ts';
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
  return workloads.filter(
    (workload) =>
      (workload.kind === 'Deployment' || workload.kind === 'DaemonSet' || workload.kind === 'StatefulSet') &&
      (podTemplateOf(workload)?.spec.containers ?? []).some(({ image = '' }) =>
        images.some((known) => known.test(image)),
      ),
  );
}

/** How many of its Pods can serve now. */
export const readyPodsOf = ({ kind, status }: Workload): number =>
  (kind === 'DaemonSet' ? status?.numberReady : status?.readyReplicas) ?? 0;

/** Whether ingress-nginx of the Kubernetes project serves an Ingress: its annotations mean something then. */
export function isNginx(ingress: Ingress, classes: readonly IngressClass[]): boolean {
  const name = ingress.spec.ingressClassName ?? ingress.metadata.annotations?.['kubernetes.io/ingress.class'];
  const controller = classes.find(({ metadata }) => metadata.name === name)?.spec?.controller;
  return controller === undefined ? name === 'nginx' : controller.startsWith('k8s.io/');
}
