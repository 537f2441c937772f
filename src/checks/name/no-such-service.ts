import { formatLabels } from '../../k8s/labels.ts';
import { isNamespaceMissing } from '../../k8s/namespaces.ts';
import { fqdnOf } from '../../k8s/names.ts';
import { unlikeness } from '../../k8s/nearest-name.ts';
import type { Workload } from '../../k8s/objects.ts';
import { declaredPortsOf } from '../../k8s/ports.ts';
import { refTo } from '../../k8s/references.ts';
import { demandedLabelsOf, podTemplateOf, topWorkloads } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, passed, problem, type Fix } from '../define.ts';

export default defineCheck({
  id: 'name/no-such-service',
  title: 'There is no such Service',
  why: 'A name in the cluster exists as long as its Service does. A Deployment or a Pod alone has no name that clients can use: the Service in front of it gives it one.',
  impact: 'breaks',
  needs: ['target', 'services'],
  uses: ['servicesEverywhere', 'namespaces', 'workloads', 'client', 'clusterDomain'],
  evaluate({ target, services, servicesEverywhere = services, namespaces, workloads = [], client, clusterDomain }) {
    const { name, namespace } = target;
    const found = services.find(({ metadata }) => metadata.name === name);
    if (found) {
      const fqdn = fqdnOf(found.metadata, clusterDomain?.searched);
      if (client && client.namespace !== namespace)
        return passed(`from ${client.namespace} it is ${name}.${namespace}, in full ${fqdn}`);
      return passed(`${name} resolves from ${namespace} as ${fqdn}`);
    }
    const homes = servicesEverywhere.filter(({ metadata }) => metadata.name === name);
    const near = nearest(
      name,
      services.map(({ metadata }) => metadata.name),
    );
    const unexposed = topWorkloads(workloads).find(
      ({ metadata, spec }) => metadata.name === name || spec.serviceName === name,
    );
    const elsewhere = homes.map(({ metadata }) => metadata.namespace ?? '').join(', ');
    const noNamespace = isNamespaceMissing(namespace, namespaces);
    const rest = noNamespace
      ? `there is no namespace ${namespace}${elsewhere ? `; the Service is in ${elsewhere}` : ''}`
      : unexposed
        ? `${unexposed.kind} ${unexposed.metadata.name} runs there without one`
        : elsewhere
          ? `it is in namespace ${elsewhere}`
          : near[0] !== undefined
            ? `the nearest name there is ${near[0]}`
            : services.length === 0
              ? 'that namespace holds no Service at all'
              : `that namespace holds ${services
                  .slice(0, 5)
                  .map(({ metadata }) => metadata.name)
                  .join(', ')}`;
    return problem({
      certainty: 'certain',
      summary: `Namespace ${namespace} has no Service ${name}: ${rest}`,
      evidence: allOf([
        {
          object: { kind: 'service', name, namespace },
          path: 'metadata.name',
          saw: `${name}: not found in namespace ${namespace}`,
        },
        ...(unexposed
          ? [evidence(unexposed, unexposed.metadata.name === name ? 'metadata.name' : 'spec.serviceName', name)]
          : []),
        ...homes.slice(0, 3).map((home) => evidence(home, 'metadata.namespace', home.metadata.namespace)),
        ...services
          .filter(({ metadata }) => near.includes(metadata.name))
          .map((service) => evidence(service, 'metadata.name', service.metadata.name)),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', name, '-n', namespace),
          `Error from server (NotFound): services "${name}" not found`,
        ),
      ],
      fix: fixFor(name, namespace, near[0], elsewhere, unexposed),
    });
  },
});

/** The names that may have been meant, the likeliest first. */
const nearest = (name: string, names: readonly string[]): readonly string[] =>
  names
    .flatMap((other) => {
      const unlike = unlikeness(name, other);
      return unlike === undefined ? [] : [{ other, unlike }];
    })
    .sort((a, b) => a.unlike - b.unlike)
    .map(({ other }) => other)
    .slice(0, 3);

function fixFor(
  name: string,
  namespace: string,
  near: string | undefined,
  elsewhere: string,
  unexposed: Workload | undefined,
): Fix {
  if (unexposed)
    return {
      explain: `Create the Service in front of ${unexposed.kind} ${unexposed.metadata.name}; check the port against what the container listens on.`,
      commands: [exposing(unexposed, name, namespace)],
    };
  if (elsewhere)
    return {
      explain: `Call it as ${name}.${elsewhere.split(', ')[0]}, or create a Service ${name} in ${namespace}.`,
      commands: [kubectl('get', 'service', name, '-n', elsewhere.split(', ')[0] ?? '')],
    };
  if (near !== undefined)
    return {
      explain: `Use the name ${near}, or create the Service ${name} in ${namespace}.`,
      commands: [kubectl('get', 'service', near, '-n', namespace)],
    };
  return {
    explain: `Create the Service ${name} in ${namespace}, or give the name of one that exists.`,
    commands: [kubectl('get', 'services', '--all-namespaces')],
  };
}

/** `kubectl expose` takes Deployments, ReplicaSets and Pods only; for the rest one of its Pods stands in, with the owner's selector. */
function exposing(workload: Workload, name: string, namespace: string): readonly string[] {
  const template = podTemplateOf(workload);
  const port = String((template ? declaredPortsOf(template.spec)[0]?.port.containerPort : undefined) ?? 80);
  const direct = /^(Deployment|ReplicaSet|ReplicationController)$/.test(workload.kind);
  const { kind, name: own } = refTo(workload);
  const subject = direct ? `${kind}/${own}` : workload.kind === 'StatefulSet' ? `pod/${own}-0` : 'pod/POD_NAME';
  return kubectl(
    'expose',
    subject,
    '-n',
    namespace,
    `--name=${name}`,
    `--port=${port}`,
    ...(direct ? [] : [`--selector=${formatLabels(demandedLabelsOf(workload))}`]),
    ...(workload.kind === 'StatefulSet' && workload.spec.serviceName === name ? ['--cluster-ip=None'] : []),
  );
}
