import { named } from '../../k8s/named.ts';
import { whoAnswers } from '../../k8s/corefile-answers.ts';
import { formatPlugin, kubernetesPluginsIn, optionOf, type CorefilePlugin } from '../../k8s/corefile.ts';
import { isHeadless } from '../../k8s/endpoints.ts';
import { ownValue } from '../../k8s/labels.ts';
import type { Labels, Namespace, Service } from '../../k8s/objects.ts';
import { confirmInCorefile } from '../corefile-confirm.ts';
import { defineCheck, evidence, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/namespace-not-served',
  title: 'CoreDNS is told to leave this Service out',
  why: 'The kubernetes plugin can be limited to some namespaces or labels, and told to publish no endpoints. Whatever is left out is answered with NXDOMAIN, as if it did not exist.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/wrong-answer'],
  needs: ['clusterDns', 'service'],
  uses: ['namespaces'],
  evaluate({ clusterDns: dns, service, namespaces }) {
    const { corefile } = dns;
    if (!corefile || corefile.parsed.error) return notApplicable('the Corefile is not known');
    const { name, namespace = '' } = service.metadata;
    const zones = kubernetesPluginsIn(corefile.parsed)
      .flatMap((found) => found.zones)
      .filter((zone) => zone !== '');
    const settled = whoAnswers(corefile.parsed, `${name}.${namespace}.svc.${zones[0] ?? ''}`);
    if (settled.by !== 'kubernetes') return notApplicable('another plugin answers for the name');
    const { plugin } = settled.at;
    const left = leftOut(plugin, service, namespaces);
    if (!left) return passed(`the kubernetes plugin serves namespace ${namespace}`);
    return problem({
      certainty: 'certain',
      summary: `The Corefile leaves ${namespace}/${name} out: ${left.line} ${left.why}`,
      evidence: [
        evidence(corefile.configMap, `data.Corefile line ${plugin.line}`, `${formatPlugin(plugin)} { ${left.line} }`),
        evidence(service, left.path, left.has),
      ],
      confirm: [confirmInCorefile(corefile.configMap, dns.namespace, left.line)],
      fix: {
        explain: left.remedy,
        patch: {
          object: corefile.configMap,
          type: 'merge',
          body: {
            data: {
              Corefile: corefile.text.replace(
                new RegExp(
                  `^[ \\t]*${left.line.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(' ', '[ \\t]+')}[ \\t]*$`,
                  'm',
                ),
                left.replacement,
              ),
            },
          },
        },
      },
    });
  },
});

interface LeftOut {
  readonly line: string;
  readonly why: string;
  readonly path: string;
  readonly has: string;
  readonly remedy: string;
  readonly replacement: string;
}

function leftOut(
  plugin: CorefilePlugin,
  service: Service,
  namespaces: readonly Namespace[] | undefined,
): LeftOut | undefined {
  const { namespace = '', labels = {} } = service.metadata;
  const served = optionOf(plugin, 'namespaces');
  if (served && !served.includes(namespace)) {
    const line = ['namespaces', ...served].join(' ');
    return {
      line,
      why: `does not list ${namespace}`,
      path: 'metadata.namespace',
      has: namespace,
      remedy: `Add ${namespace} to the line, or remove the line to serve every namespace.`,
      replacement: `       ${line} ${namespace}`,
    };
  }
  const wanted = optionOf(plugin, 'labels');
  if (wanted && !meets(labels, wanted.join(' ')))
    return {
      line: ['labels', ...wanted].join(' '),
      why: 'does not match the labels of the Service',
      path: 'metadata.labels',
      has: JSON.stringify(labels),
      remedy: `Label the Service with ${wanted.join(' ')}, or remove the line; the patch removes it.`,
      replacement: '',
    };
  const wantedNamespace = optionOf(plugin, 'namespace_labels');
  const own = named(namespaces, namespace);
  if (wantedNamespace && own && !meets(own.metadata.labels ?? {}, wantedNamespace.join(' ')))
    return {
      line: ['namespace_labels', ...wantedNamespace].join(' '),
      why: `does not match the labels of namespace ${namespace}`,
      path: 'metadata.namespace',
      has: `${namespace}, which has ${JSON.stringify(own.metadata.labels ?? {})}`,
      remedy: `Label namespace ${namespace} with ${wantedNamespace.join(' ')}, or remove the line; the patch removes it.`,
      replacement: '',
    };
  if (optionOf(plugin, 'noendpoints') && isHeadless(service))
    return {
      line: 'noendpoints',
      why: 'publishes no endpoints, and a headless Service has nothing else to answer with',
      path: 'spec.clusterIP',
      has: 'None',
      remedy: 'Remove noendpoints from the kubernetes plugin.',
      replacement: '',
    };
  return undefined;
}

/** Equality requirements only, `key=value,other!=value`; anything else counts as met. */
const meets = (labels: Labels, selector: string): boolean =>
  selector.split(/\s*,\s*(?![^(]*\))/).every((requirement) => {
    const [, key = '', sign, value = ''] = /^([\w./-]+)\s*(!=|==|=)\s*([\w.-]*)$/.exec(requirement.trim()) ?? [];
    if (!sign) return true;
    return sign === '!=' ? ownValue(labels, key) !== value : ownValue(labels, key) === value;
  });
