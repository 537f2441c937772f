import { denotedBy, fqdnOf, questionsFor } from '../../k8s/names.ts';
import { endpointsIn } from '../../k8s/endpoints.ts';
import { clientResolver } from '../../snapshot/asked-servers.ts';
import { refArgs, refTo } from '../../k8s/references.ts';
import { allOf, confirm, defineCheck, evidence, inPodOf, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/earlier-answer',
  title: 'An earlier step of the search list answers for another Service',
  why: 'A name with few dots is tried with each suffix of the search list, and the first that is answered with an address wins. Where something in the cluster answers for nginx.shop.default.svc before nginx.shop.svc is tried, clients of that namespace reach the wrong thing.',
  impact: 'breaks',
  needs: ['service', 'client', 'clusterDns', 'lookups', 'servicesEverywhere'],
  uses: ['resolvConfs', 'slices'],
  evaluate({ service, client, clusterDns, lookups, servicesEverywhere, resolvConfs, slices = [] }) {
    const { name, namespace = '' } = service.metadata;
    const resolver = clientResolver(client, clusterDns, resolvConfs);
    const domain = clusterDns.domain?.value ?? 'cluster.local';
    const right = fqdnOf(service.metadata, domain);
    const own = new Set([
      ...(service.spec.clusterIPs ?? [service.spec.clusterIP ?? '']),
      ...endpointsIn(slices).flatMap(({ endpoint }) => endpoint.addresses),
    ]);
    const short = [`${name}.${namespace}`, `${name}.${namespace}.svc`];
    const earlier = short.flatMap((host) => {
      const asked = questionsFor(host, resolver);
      return asked.slice(0, Math.max(0, asked.indexOf(right))).map((question) => ({ host, question }));
    });
    if (earlier.length === 0) return notApplicable('nothing is asked before the full name of the Service');
    const caught = lookups.flatMap((lookup) => {
      const found = earlier.find(({ question }) => question === lookup.name.replace(/\.$/, '').toLowerCase());
      const addresses = (lookup.answers ?? []).filter(({ type }) => type === 'A' || type === 'AAAA');
      return found &&
        lookup.outcome === 'NOERROR' &&
        addresses.length > 0 &&
        !addresses.some(({ data }) => own.has(data))
        ? [{ lookup, ...found }]
        : [];
    });
    const [first] = caught;
    if (!first) return passed(`no earlier step of the search list is known to answer for ${name}.${namespace}`);
    const denoted = denotedBy(first.question, domain);
    const holder =
      denoted && 'service' in denoted
        ? servicesEverywhere.find(
            ({ metadata }) => metadata.name === denoted.service && metadata.namespace === denoted.namespace,
          )
        : undefined;
    const said = (first.lookup.answers ?? []).map(({ type, data }) => `${type} ${data}`).join(', ');
    const whose = holder
      ? `Service ${holder.metadata.namespace}/${holder.metadata.name}${holder.spec.externalName ? `, an ExternalName for ${holder.spec.externalName},` : ''}`
      : 'something';
    return problem({
      certainty: 'certain',
      summary: `From ${client.namespace}, ${first.host} is answered as ${first.question}: ${whose} takes it before ${right} is asked`,
      evidence: allOf([
        ...caught.slice(0, 3).map(({ question, lookup }) => ({
          object: {
            kind: 'service',
            name: clusterDns.service?.metadata.name ?? 'kube-dns',
            namespace: clusterDns.namespace,
          },
          path: `answer for ${question} ${lookup.type}`,
          saw: `${lookup.outcome} ${said}`,
        })),
        ...(holder
          ? [
              evidence(
                holder,
                holder.spec.externalName ? 'spec.externalName' : 'metadata.name',
                holder.spec.externalName ?? holder.metadata.name,
              ),
            ]
          : []),
        evidence(service, 'spec.clusterIP', `${service.spec.clusterIP ?? 'none'}: the address of ${right}`),
      ]),
      confirm: [confirm(inPodOf(client, 'nslookup', first.host), `Name: ${first.question}`)],
      fix: {
        explain: `Call ${right}. with its final dot${holder ? `, or rename Service ${holder.metadata.name} of ${holder.metadata.namespace}: its name is that of namespace ${namespace}; newer versions of CoreDNS answer no longer for names below an ExternalName` : ''}.`,
        commands: holder ? [kubectl('get', ...refArgs(refTo(holder)))] : [],
      },
    });
  },
});
