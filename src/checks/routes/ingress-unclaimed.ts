import {
  isKnownController,
  readyPodsOf,
  workloadsOfController,
  workloadsOfOtherClass,
  type ControllerClass,
} from '../../k8s/ingress-controllers.ts';
import { addressesOf, classAskedBy, ingressesTo } from '../../k8s/ingress.ts';
import type { Ingress, IngressClass, Workload } from '../../k8s/objects.ts';
import { refArgs, refTo } from '../../k8s/references.ts';
import { desiredReplicasOf } from '../../k8s/workloads.ts';
import {
  allOf,
  confirm,
  defineCheck,
  evidence,
  kubectl,
  notApplicable,
  passed,
  problem,
  type Outcome,
} from '../define.ts';

export default defineCheck({
  id: 'routes/ingress-unclaimed',
  title: 'No running ingress controller serves the Ingress',
  why: 'An Ingress is only a wish: a controller that watches its class has to run and to fulfil it. Without one nothing listens for the host, however right the Ingress is.',
  impact: 'breaks',
  explains: ['routes/controller-complains'],
  needs: ['target', 'ingresses', 'ingressClasses', 'workloads', 'workloadsEverywhere'],
  evaluate({ target, ingresses, ingressClasses, workloads, workloadsEverywhere }) {
    const own = ingressesTo(target, ingresses);
    if (own.length === 0) return notApplicable(`no Ingress of ${target.namespace} names it`);
    const classOf = (name: string | undefined) => ingressClasses.find(({ metadata }) => metadata.name === name);
    const judged = own.flatMap((ingress) => {
      const ingressClass = classOf(classAskedBy(ingress)?.name);
      const controller = ingressClass?.spec?.controller;
      if (!ingressClass || !controller || !isKnownController(controller)) return [];
      const running = [
        ...new Set([workloads, workloadsEverywhere].flatMap((each) => workloadsOfController(controller, each))),
      ];
      return running.some((workload) => readyPodsOf(workload) > 0)
        ? []
        : [{ ingress, ingressClass, controller, running }];
    });
    const down = judged.find(({ running }) => running.length > 0);
    const absent = judged.find(({ ingress, running }) => running.length === 0 && addressesOf(ingress).length === 0);
    const found = down ?? absent;
    if (!found) return passed('nothing shows that a controller is missing');
    const { ingress, ingressClass, controller, running } = found;
    if (found === absent) {
      const [other] = workloadsOfOtherClass(controller, workloadsEverywhere).filter(
        ({ workload }) => readyPodsOf(workload) > 0,
      );
      if (other) return servesAnotherClass({ ingress, ingressClass, controller, ...other }, ingressClasses);
    }
    const [first] = running;
    const where = first ? `${first.kind} ${first.metadata.namespace}/${first.metadata.name}` : '';
    return problem({
      certainty: down ? 'certain' : 'possible',
      ...(down ? {} : { impact: 'risks' as const }),
      summary: first
        ? `${where}, the ingress controller of class ${ingressClass.metadata.name}, has no ready Pod: nothing serves Ingress ${ingress.metadata.name}`
        : `Ingress ${ingress.metadata.name} has no address, and no workload looks like ${controller}, the controller of class ${ingressClass.metadata.name}`,
      evidence: allOf([
        evidence(ingress, 'spec.ingressClassName', ingressClass.metadata.name),
        evidence(ingressClass, 'spec.controller', controller),
        ...running.map((workload) =>
          evidence(
            workload,
            workload.kind === 'DaemonSet' ? 'status.numberReady' : 'status.readyReplicas',
            `${readyPodsOf(workload)} of ${desiredReplicasOf(workload) ?? workload.status?.desiredNumberScheduled ?? 0} (spec.replicas ${workload.spec.replicas ?? 'absent'})`,
          ),
        ),
        evidence(ingress, 'status.loadBalancer', addressesOf(ingress).join(', ') || 'no address'),
      ]),
      confirm: first
        ? [
            confirm(
              kubectl('get', first.kind.toLowerCase(), first.metadata.name, '-n', first.metadata.namespace ?? ''),
              `READY 0/${desiredReplicasOf(first) ?? ''}`,
            ),
          ]
        : [
            confirm(kubectl('get', 'ingress', ingress.metadata.name, '-n', target.namespace), 'no ADDRESS'),
            confirm(kubectl('get', 'pods', '-A'), 'no Pod of an ingress controller'),
          ],
      fix:
        first && desiredReplicasOf(first) === 0
          ? {
              explain: `Scale the controller up: ${where} has replicas 0.`,
              commands: [
                kubectl(
                  'scale',
                  first.kind.toLowerCase(),
                  first.metadata.name,
                  '-n',
                  first.metadata.namespace ?? '',
                  '--replicas=1',
                ),
              ],
            }
          : first
            ? {
                explain: `Find out why the Pods of ${where} do not become ready, and mend that.`,
                commands: [kubectl('get', 'pods', '-n', first.metadata.namespace ?? '', '-o', 'wide')],
              }
            : { explain: `Install the ingress controller ${controller}, or name the class of one that runs.` },
    });
  },
});

/** The controller runs, and is told to leave this class alone. */
function servesAnotherClass(
  {
    ingress,
    ingressClass,
    controller,
    workload,
    told,
  }: {
    readonly ingress: Ingress;
    readonly ingressClass: IngressClass;
    readonly controller: string;
    readonly workload: Workload;
    readonly told: ControllerClass;
  },
  ingressClasses: readonly IngressClass[],
): Outcome {
  const where = `${workload.kind} ${workload.metadata.namespace}/${workload.metadata.name}`;
  const { name } = ingressClass.metadata;
  const served = ingressClasses.find(({ spec }) => spec?.controller === told.name)?.metadata.name;
  return problem({
    certainty: 'likely',
    summary: `Ingress ${ingress.metadata.name} has no address: its class ${name} is for ${controller}, and the ingress controller that runs, ${where}, takes classes of ${told.name} only`,
    evidence: [
      evidence(ingress, 'spec.ingressClassName', name),
      evidence(ingressClass, 'spec.controller', controller),
      evidence(workload, told.field, told.saw),
      evidence(ingress, 'status.loadBalancer', 'no address'),
    ],
    confirm: [
      confirm(kubectl('get', 'ingressclass', name, '-o', 'jsonpath={.spec.controller}'), controller),
      confirm(
        kubectl('get', ...refArgs(refTo(workload)), '-o', 'jsonpath={.spec.template.spec.containers[*].args}'),
        told.saw,
      ),
    ],
    fix: served
      ? {
          explain: `Let the Ingress name class ${served}, which that controller serves.`,
          patch: { object: ingress, type: 'merge', body: { spec: { ingressClassName: served } } },
        }
      : {
          explain: `Create an IngressClass with spec.controller ${told.name} and name it in the Ingress; or run a controller with --controller-class=${controller}. spec.controller of an IngressClass cannot be changed.`,
        },
  });
}
