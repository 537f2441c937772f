import { endpointsIn, isReadyEndpoint } from '../../k8s/endpoints.ts';
import { podIPsOf } from '../../k8s/pods.ts';
import { declaredPortsOf } from '../../k8s/ports.ts';
import { isDnsServer } from '../../snapshot/cluster-dns.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/stray-endpoint',
  title: 'The DNS Service sends part of the questions to something that is no DNS server',
  why: 'Every ready address in the slices of the DNS Service gets its share of all questions: an address that no Pod has any more, or another Pod with the same label, answers none of them. A resolver waits five seconds before it asks again.',
  impact: 'degrades',
  explains: ['dns/lookups-fail', 'dns/slow-lookups'],
  needs: ['clusterDns'],
  evaluate({ clusterDns: dns }) {
    const { service } = dns;
    const ready = endpointsIn(dns.slices).filter(({ endpoint }) => isReadyEndpoint(endpoint));
    if (!service || ready.length === 0) return notApplicable('no DNS Pod is ready');
    const { selector } = service.spec;
    if (!selector || Object.keys(selector).length === 0) return notApplicable('the DNS Service is kept by hand');
    const serves = (address: string) => dns.pods.find((pod) => podIPsOf(pod).includes(address));
    const someKnown = dns.pods.some(({ spec }) => spec.containers.some(({ image }) => isDnsServer(image)));
    const stray = ready.filter(({ endpoint }) => {
      const pod = endpoint.addresses.map(serves).find((found) => found !== undefined);
      if (!pod) return true;
      const asksFor53 = declaredPortsOf(pod.spec).some(
        ({ port }) => [53, 5353, 8053, 1053, 10053].includes(port.containerPort) || (port.name ?? '').startsWith('dns'),
      );
      return someKnown && !asksFor53 && !pod.spec.containers.some(({ image }) => isDnsServer(image));
    });
    const [first] = stray;
    if (!first) return passed(`all ${ready.length} addresses belong to DNS Pods`);
    const [address = ''] = first.endpoint.addresses;
    const pod = serves(address);
    const share = `${stray.length} of ${ready.length}`;
    const { name } = service.metadata;
    return problem({
      certainty: 'certain',
      ...(stray.length === ready.length ? { impact: 'breaks' } : {}),
      summary: pod
        ? `${name} sends ${share} questions to ${pod.metadata.name} (${address}), which runs ${pod.spec.containers[0]?.image ?? 'no DNS server'}`
        : `${name} sends ${share} questions to ${address}, which no Pod has: a stale address in EndpointSlice ${first.slice.metadata.name}`,
      evidence: allOf([
        ...stray
          .slice(0, 3)
          .map(({ slice, endpoint }) => evidence(slice, 'endpoints.addresses', endpoint.addresses.join(', '))),
        ...(pod ? [evidence(pod, 'metadata.labels', pod.metadata.labels ?? {})] : []),
        evidence(service, 'spec.selector', selector),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'pods', '-n', dns.namespace, '-o', 'wide'),
          pod ? `${address} at ${pod.metadata.name}` : `nobody with ${address}`,
        ),
      ],
      fix: pod
        ? {
            explain: `Take the label ${Object.entries(selector)
              .map(([key, value]) => `${key}=${value}`)
              .join(',')} off ${pod.metadata.name}, in the template of its workload.`,
          }
        : {
            explain: 'Delete the stale slice; the controller writes a right one where it is its own.',
            commands: [kubectl('delete', 'endpointslice', first.slice.metadata.name, '-n', dns.namespace)],
          },
    });
  },
});
