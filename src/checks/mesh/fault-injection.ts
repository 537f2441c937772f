import { coversService, faultsOf, takesOver, type Fault } from '../../k8s/istio.ts';
import { pointerTo } from '../../k8s/field-paths.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'mesh/fault-injection',
  title: 'A VirtualService injects faults',
  why: 'A VirtualService may abort requests with an error or hold them back, to try how clients bear it. The sidecars of the clients do so before anything reaches the Service; when the trial is over, the rule is easily forgotten.',
  impact: 'breaks',
  needs: ['service', 'virtualServices'],
  evaluate({ service, virtualServices }) {
    if (virtualServices.length === 0) return notApplicable('there are no VirtualServices');
    const faults = virtualServices.flatMap(faultsOf).filter(
      ({ rule, hosts, narrow }) =>
        // Requests that carry a certain header are somebody's own trial.
        !narrow &&
        (takesOver(rule, service.metadata) ||
          hosts.some((host) => coversService(host, rule.metadata.namespace, service.metadata))),
    );
    const [first] = faults.toSorted((a, b) => b.percent - a.percent);
    if (!first) return passed('no VirtualService injects faults into calls to it');
    const { rule, field, percent } = first;
    const { namespace = '', name } = rule.metadata;
    return problem({
      certainty: 'certain',
      impact: first.kind === 'abort' && percent >= 100 ? 'breaks' : 'degrades',
      summary: `VirtualService ${namespace}/${name} ${doing(first)} ${percent} % of the requests to ${service.metadata.name}: a fault injected on purpose`,
      evidence: allOf(
        faults.slice(0, 4).map((each) => evidence(each.rule, each.field, `${each.saw}, percentage ${each.percent}`)),
      ),
      confirm: [confirm(kubectl('get', 'virtualservice', name, '-n', namespace, '-o', 'yaml'), `fault: ${first.kind}`)],
      fix: {
        explain: `Take the fault out of VirtualService ${name} when the trial is over.`,
        patch: { object: rule, type: 'json', body: [{ op: 'remove', path: pointerTo(field.replace(/\.\w+$/, '')) }] },
      },
    });
  },
});

const doing = ({ kind, saw }: Fault): string => (kind === 'abort' ? `aborts with ${saw}` : `holds back by ${saw}`);
