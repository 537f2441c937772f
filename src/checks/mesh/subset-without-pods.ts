import { coversService, destinationRuleSpec, destinationsOf, takesOver } from '../../k8s/istio.ts';
import { pointerTo } from '../../k8s/field-paths.ts';
import { formatLabels, includesLabels } from '../../k8s/labels.ts';
import { nearestName } from '../../k8s/nearest-name.ts';
import { unfinishedPodsOf } from '../../k8s/pods.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'mesh/subset-without-pods',
  title: 'The VirtualService sends to a subset that holds no Pod',
  why: 'A subset of a DestinationRule holds the Pods of the Service that carry its labels too. Requests sent to a subset that is not defined, or that no Pod is in, are answered with 503.',
  impact: 'breaks',
  needs: ['service', 'pods', 'virtualServices', 'destinationRules'],
  evaluate({ service, pods, virtualServices, destinationRules }) {
    const { name, namespace = '' } = service.metadata;
    const aimed = virtualServices
      .flatMap(destinationsOf)
      .filter(({ rule, host, subset }) => subset && coversService(host, rule.metadata.namespace, service.metadata));
    if (aimed.length === 0) return notApplicable('no VirtualService sends to a subset of it');
    const members = unfinishedPodsOf(service, pods);
    if (members.length === 0) return notApplicable('the Service has no Pods at all');
    const rules = destinationRules.filter((rule) =>
      coversService(destinationRuleSpec(rule).host ?? '', rule.metadata.namespace, service.metadata),
    );
    const subsets = rules.flatMap((rule) =>
      (destinationRuleSpec(rule).subsets ?? []).map((subset, index) => ({ rule, subset, index })),
    );
    const empty = aimed.flatMap((destination) => {
      const defined = subsets.find(({ subset }) => subset.name === destination.subset);
      const filled =
        defined && members.some(({ metadata }) => includesLabels(metadata.labels, defined.subset.labels ?? {}));
      return filled ? [] : [{ destination, defined }];
    });
    const [first] = empty;
    if (!first)
      return passed(
        `every subset that a VirtualService sends to holds Pods: ${[...new Set(aimed.map(({ subset }) => subset))].join(', ')}`,
      );
    const { destination, defined } = first;
    const { rule, subset = '', field } = destination;
    const wanted = formatLabels(defined?.subset.labels);
    const keys = Object.keys(defined?.subset.labels ?? {});
    const carried = [
      ...new Set(
        members.map(({ metadata }) => keys.map((key) => `${key}=${metadata.labels?.[key] ?? '(absent)'}`).join(',')),
      ),
    ];
    const right = nearestName(
      subset,
      subsets.map((each) => each.subset.name),
    );
    return problem({
      certainty: 'certain',
      impact:
        empty.length === destinationsOf(rule).length || !takesOver(rule, service.metadata) ? 'breaks' : 'degrades',
      summary: defined
        ? `VirtualService ${rule.metadata.name} sends to subset ${subset} (${wanted}) of ${name}, which no Pod is in`
        : `VirtualService ${rule.metadata.name} sends to subset ${subset} of ${name}, which no DestinationRule defines`,
      evidence: allOf([
        evidence(rule, `${field}.subset`, subset),
        ...(defined
          ? [
              evidence(defined.rule, `spec.subsets[${defined.index}].labels`, wanted),
              ...members
                .slice(0, 3)
                .map((pod) =>
                  evidence(
                    pod,
                    'metadata.labels',
                    keys.map((key) => `${key}=${pod.metadata.labels?.[key] ?? '(absent)'}`).join(','),
                  ),
                ),
            ]
          : rules.length > 0
            ? rules.map((each) =>
                evidence(each, 'spec.subsets', subsets.map((known) => known.subset.name).join(', ') || 'none'),
              )
            : [evidence(service, 'metadata.name', `no DestinationRule for ${name}.${namespace}`)]),
      ]),
      confirm: [
        defined
          ? confirm(
              kubectl(
                'get',
                'pods',
                '-n',
                namespace,
                '-l',
                formatLabels({ ...service.spec.selector, ...defined.subset.labels }),
              ),
              'No resources found',
            )
          : confirm(kubectl('get', 'destinationrule', '-A', '-o', 'yaml'), `no subset ${subset} for ${name}`),
      ],
      fix: {
        explain: defined
          ? `Let the subset name labels that the Pods carry (${carried.join('; ')}), or let a workload of ${name} carry ${wanted}.`
          : right
            ? `Name a subset that a DestinationRule defines: ${right}.`
            : `Define subset ${subset} in a DestinationRule for ${name}, or take it out of the VirtualService.`,
        ...(!defined && right
          ? {
              patch: {
                object: rule,
                type: 'json' as const,
                body: [{ op: 'replace', path: `${pointerTo(field)}/subset`, value: right }],
              },
            }
          : {}),
      },
    });
  },
});
