import { endpointsIn, isExternalName } from '../../k8s/endpoints.ts';
import { formatLabels } from '../../k8s/labels.ts';
import { hasSelector } from '../../k8s/pods.ts';
import { formatRef, refTo } from '../../k8s/references.ts';
import { controllerOf, demandedLabelsOf, topWorkloads } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'selector/no-selector',
  title: 'The Service has no selector, and nobody else gives it endpoints',
  why: 'Without a selector, Kubernetes leaves the endpoints to whoever made the Service: written by hand, or by a controller. Where nobody writes any, the Service leads nowhere.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'workloads', 'slices', 'legacyEndpoints'],
  evaluate({ service, workloads, slices, legacyEndpoints }) {
    if (isExternalName(service))
      return notApplicable('an ExternalName Service needs no selector: it is an alias in DNS');
    if (hasSelector(service)) return notApplicable('the Service has a selector');
    const { name, namespace = '' } = service.metadata;
    if (endpointsIn(slices).length > 0) return passed('others give it endpoints');
    if (slices.length > 0 || legacyEndpoints || controllerOf(service))
      return passed('its endpoints are in the hands of another controller');
    const namesake = topWorkloads(workloads).find(
      ({ metadata }) => metadata.name === name && metadata.namespace === namespace,
    );
    const demanded = namesake ? demandedLabelsOf(namesake) : {};
    if (!namesake || Object.keys(demanded).length === 0 || (service.spec.ports ?? []).length === 0)
      return passed('no workload in its namespace has its name');
    const of = formatRef(refTo(namesake), namespace);
    return problem({
      certainty: 'certain',
      summary: `service/${name} selects nothing and nobody writes endpoints for it, while ${of} runs Pods with ${formatLabels(demanded)}`,
      evidence: allOf([
        evidence(service, 'spec.selector', 'absent'),
        evidence(service, 'metadata.name', `no EndpointSlice and no Endpoints object is called ${name}`),
        evidence(namesake, 'spec.selector.matchLabels', formatLabels(demanded)),
      ]),
      confirm: [
        confirm(kubectl('get', 'service', name, '-n', namespace, '-o', 'jsonpath={.spec.selector}'), 'nothing'),
      ],
      fix: {
        explain: `Let the Service select ${formatLabels(demanded)}, the Pods of ${of}; or write an EndpointSlice, if it is meant for something outside the cluster.`,
        patch: { object: service, type: 'merge', body: { spec: { selector: demanded } } },
      },
    });
  },
});
