import { textOf } from '../../k8s/events.ts';
import { confirm, defineCheck, evidence, kubectl, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/search-list-cut',
  title: 'kubelet leaves search domains of the client out',
  why: 'A resolv.conf holds 32 search domains and 2048 characters at most, before Kubernetes 1.28 it was 6 and 256. What the node and dnsConfig bring beyond that is dropped, from the end, and kubelet says so in an event DNSConfigForming. Short names under a dropped domain do not resolve.',
  impact: 'risks',
  needs: ['client', 'clientEvents'],
  evaluate({ client, clientEvents }) {
    const names = client.pods.map(({ metadata }) => metadata.name);
    const said = clientEvents.find(
      (event) =>
        event.reason === 'DNSConfigForming' &&
        /search line limits were exceeded/i.test(textOf(event)) &&
        names.includes((event.involvedObject ?? event.regarding)?.name ?? ''),
    );
    const pod = client.pods.find(({ metadata }) => metadata.name === (said?.involvedObject ?? said?.regarding)?.name);
    if (!said || !pod) return passed('kubelet reports no search domain that it left out');
    const applied = /applied search line is:\s*(.*)$/is.exec(textOf(said))?.[1]?.trim().split(/\s+/) ?? [];
    const own = client.spec.dnsConfig?.searches ?? [];
    const dropped = own.filter((domain) => applied.length > 0 && !applied.includes(domain));
    return problem({
      certainty: 'certain',
      summary: `${client.name.name} has too many search domains (DNSConfigForming): kubelet kept ${applied.length > 0 ? `${applied.length} and left out ${dropped.join(', ') || 'the rest'}` : 'a part of them'}, so short names under those do not resolve`,
      evidence: [
        evidence(said, 'message', `DNSConfigForming: ${textOf(said).slice(0, 300)}`),
        ...(own.length > 0 ? [evidence(client.object, 'dnsConfig.searches', own.join(' '))] : []),
      ],
      confirm: [
        confirm(
          kubectl('get', 'events', '-n', client.namespace, '--field-selector=reason=DNSConfigForming'),
          'Search Line limits were exceeded',
        ),
      ],
      fix: {
        explain: `Take search domains away that nobody needs, from dnsConfig.searches of ${client.name.name} or from the resolv.conf that kubelet reads on ${pod.spec.nodeName ?? 'its node'}, or call names in full.`,
      },
    });
  },
});
