import { isKnownController, readyPodsOf, workloadsOfController } from '../../k8s/ingress-controllers.ts';
import { addressesOf, classAskedBy, ingressesTo } from '../../k8s/ingress.ts';
import { desiredReplicasOf } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

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
