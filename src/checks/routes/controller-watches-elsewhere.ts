import { named } from '../../k8s/named.ts';
import { watchOf, workloadsOfController, type Watch } from '../../k8s/ingress-controllers.ts';
import { addressesOf, classAskedBy, ingressesTo } from '../../k8s/ingress.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';
import { formatLabels, includesLabels } from '../../k8s/labels.ts';
import { refTo } from '../../k8s/references.ts';

export default defineCheck({
  id: 'routes/controller-watches-elsewhere',
  title: 'The ingress controller does not watch the namespace of the Ingress',
  why: 'A controller may be told to watch certain namespaces only. It never sees an Ingress of any other: no address, no event, no word in its log, and the host answers 404 from the default backend.',
  impact: 'breaks',
  explains: ['routes/ingress-unclaimed'],
  needs: ['target', 'ingresses', 'ingressClasses', 'namespaces'],
  uses: ['edgeControllers'],
  evaluate({ target, ingresses, ingressClasses, namespaces, edgeControllers = [] }) {
    const own = ingressesTo(target, ingresses);
    if (own.length === 0) return notApplicable(`no Ingress of ${target.namespace} names it`);
    const labels = named(namespaces, target.namespace)?.metadata.labels ?? {};
    const sees = (watch: Watch) =>
      watch.labels ? includesLabels(labels, watch.labels) : (watch.namespaces ?? []).includes(target.namespace);
    const judged = own.flatMap((ingress) => {
      const asked = classAskedBy(ingress)?.name;
      const controller = ingressClasses.find(({ metadata }) => metadata.name === asked)?.spec?.controller;
      const running = controller ? workloadsOfController(controller, edgeControllers) : [];
      const watches = running.map(watchOf);
      const restricted = watches.flatMap((watch) => watch ?? []);
      // One controller that watches everything, or this namespace, is enough.
      return running.length > 0 && restricted.length === watches.length && !restricted.some(sees)
        ? [{ ingress, restricted }]
        : [];
    });
    const [first] = judged.filter(({ ingress }) => addressesOf(ingress).length === 0);
    const found = first ?? judged[0];
    if (!found) return passed('no controller of its Ingresses is kept to other namespaces');
    const { ingress, restricted } = found;
    const [watch] = restricted;
    if (!watch) return passed('no controller of its Ingresses is kept to other namespaces');
    const where = `${watch.workload.metadata.namespace}/${watch.workload.metadata.name}`;
    return problem({
      certainty: first ? 'certain' : 'likely',
      ...(judged.length < own.length ? { impact: 'degrades' as const } : {}),
      summary: `The ingress controller ${where} runs with ${watch.saw}: it never sees Ingress ${ingress.metadata.name} of namespace ${target.namespace}`,
      evidence: allOf([
        ...restricted.map((each) => evidence(each.workload, each.field, each.saw)),
        ...judged.map((each) => evidence(each.ingress, 'metadata.namespace', target.namespace)),
        evidence(ingress, 'status.loadBalancer', addressesOf(ingress).join(', ') || 'no address'),
      ]),
      confirm: [
        confirm(
          kubectl(
            'get',
            refTo(watch.workload).kind,
            watch.workload.metadata.name,
            '-n',
            watch.workload.metadata.namespace ?? '',
            '-o',
            'yaml',
          ),
          watch.saw,
        ),
      ],
      fix: {
        explain:
          watch.labels === undefined
            ? `Let the controller watch ${target.namespace} too, or all namespaces: change or drop ${watch.saw} in ${where}; or move the Ingress and its Service to a namespace that it watches.`
            : `Give namespace ${target.namespace} the labels that ${watch.saw} asks for.`,
        ...(watch.labels
          ? { commands: [kubectl('label', 'namespace', target.namespace, ...formatLabels(watch.labels).split(','))] }
          : {}),
      },
    });
  },
});
