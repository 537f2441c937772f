import { classAskedBy, pathsTo } from '../../k8s/ingress.ts';
import { isHeadless } from '../../k8s/endpoints.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

const targetTypeAnnotation = 'alb.ingress.kubernetes.io/target-type';

export default defineCheck({
  id: 'routes/ingress-needs-node-port',
  title: 'The load balancer of the Ingress needs a NodePort Service',
  why: 'An AWS Application Load Balancer sends to the nodes unless target-type is ip, and a node answers only on a nodePort. A Service of type ClusterIP has none, so the controller builds nothing.',
  impact: 'breaks',
  explains: ['routes/controller-complains'],
  needs: ['service', 'ingresses', 'ingressClasses'],
  evaluate({ service, ingresses, ingressClasses }) {
    const { name, namespace = '' } = service.metadata;
    const toNodes = pathsTo(service.metadata, ingresses).filter(({ ingress }) => {
      const asked = classAskedBy(ingress)?.name;
      const controller = ingressClasses.find(({ metadata }) => metadata.name === asked)?.spec?.controller;
      return controller === 'ingress.k8s.aws/alb' || (controller === undefined && asked === 'alb');
    });
    const [first] = toNodes;
    if (!first) return notApplicable('no Ingress of an AWS load balancer names it');
    const targetType = (path: typeof first) =>
      path.ingress.metadata.annotations?.[targetTypeAnnotation] ?? service.metadata.annotations?.[targetTypeAnnotation];
    const wrong = toNodes.find((path) => targetType(path) !== 'ip');
    const { type = 'ClusterIP' } = service.spec;
    if (!wrong) return passed('the load balancer sends to the Pods themselves');
    if (type !== 'ClusterIP' && !isHeadless(service)) return passed(`the Service is of type ${type}`);
    return problem({
      // The controller can be told another default on its command line.
      certainty: targetType(wrong) === 'instance' ? 'certain' : 'likely',
      summary: `Ingress ${wrong.ingress.metadata.name} sends to the nodes (target-type ${targetType(wrong) ?? 'instance, the default'}), and Service ${name} of type ClusterIP has no nodePort`,
      evidence: allOf([
        evidence(
          wrong.ingress,
          `metadata.annotations["${targetTypeAnnotation}"]`,
          targetType(wrong) ?? 'absent, which means instance',
        ),
        evidence(service, 'spec.type', isHeadless(service) ? 'ClusterIP, clusterIP: None' : type),
      ]),
      confirm: [
        confirm(
          kubectl('describe', 'ingress', wrong.ingress.metadata.name, '-n', namespace),
          'FailedBuildModel: service must be of type NodePort or LoadBalancer to support instance targets',
        ),
      ],
      fix: {
        explain: `Send to the Pods instead: set ${targetTypeAnnotation} to ip on the Ingress. Making the Service a NodePort one works too.`,
        patch: {
          object: wrong.ingress,
          type: 'merge',
          body: { metadata: { annotations: { [targetTypeAnnotation]: 'ip' } } },
        },
      },
    });
  },
});
