import { isExternalName, isHeadless } from '../../k8s/endpoints.ts';
import { eventsAbout, textOf } from '../../k8s/events.ts';
import { formatRef, refTo } from '../../k8s/references.ts';
import { clusterIPsOf, servicesAt } from '../../k8s/services.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

/** What the API server's repair loop says. Source: pkg/registry/core/service/ipallocator/controller/repairip.go. */
const complaints: readonly string[] = ['ClusterIPAlreadyAllocated', 'ClusterIPOutOfRange', 'ClusterIPNotValid'];

export default defineCheck({
  id: 'service/cluster-ip-conflict',
  title: 'The ClusterIP of the Service is not its own',
  why: 'The API server hands each Service an address of the Service range. After a restored etcd or a changed range, two Services can hold one address, or one lies outside; which of them kube-proxy serves is then a matter of luck.',
  impact: 'breaks',
  needs: ['service', 'servicesEverywhere'],
  uses: ['events'],
  evaluate({ service, servicesEverywhere, events = [] }) {
    if (isExternalName(service) || isHeadless(service)) return notApplicable('it has no ClusterIP');
    const own = clusterIPsOf(service);
    if (own.length === 0) return notApplicable('no ClusterIP is known');
    const { name, namespace = '' } = service.metadata;
    const twin = own
      .flatMap((address) => servicesAt(servicesEverywhere, address))
      .find((other) => other.metadata.name !== name || other.metadata.namespace !== service.metadata.namespace);
    const complaint = eventsAbout(service, events).find(({ reason = '' }) => complaints.includes(reason));
    if (!twin && !complaint) return passed('no other Service has its ClusterIP');
    const shared = twin
      ? clusterIPsOf(twin)
          .filter((address) => own.includes(address))
          .join(', ')
      : '';
    return problem({
      certainty: 'certain',
      summary: twin
        ? `${name} and ${formatRef(refTo(twin), namespace)} have the same ClusterIP ${shared}`
        : `The API server complains of ClusterIP ${own.join(', ')}: ${complaint?.reason}`,
      evidence: allOf([
        evidence(service, 'spec.clusterIP', own.join(', ')),
        ...(twin ? [evidence(twin, 'spec.clusterIP', shared)] : []),
        ...(complaint ? [evidence(service, `events[${complaint.reason}]`, textOf(complaint))] : []),
      ]),
      confirm: [confirm(kubectl('get', 'services', '-A'), twin ? `${shared} twice` : own.join(', '))],
      fix: {
        explain: `Delete ${name} and create it anew without clusterIP, so that it gets a free address of the range; clients must look its name up again.`,
      },
    });
  },
});
