import { literally } from './literally.ts';
import type { Container, Pod, Service, Workload } from './objects.ts';
import { hasSelector, isReady, podsSelectedBy } from './pods.ts';
import { desiredReplicasOf, workloadsReachedBy } from './workloads.ts';

/** Tools with which scripts wait for somebody else to answer. */
const waiting =
  /\b(nc|ncat|netcat|telnet|nslookup|dig|host|ping|getent|curl|wget|grpcurl|pg_isready|psql|mysqladmin|mysql|mariadb-admin|redis-cli|mongo|mongosh|wait-for(-it)?(\.sh)?|wait4x|dockerize|until|while)\b|\/dev\/tcp\//;

/** The Services of its own namespace that a container waits for, by its command and the hosts in its env. */
export function servicesAwaitedBy(container: Container, services: readonly Service[]): readonly Service[] {
  const text = [...(container.command ?? []), ...(container.args ?? [])].join(' ');
  if (!waiting.test(text)) return [];
  const hosts = (container.env ?? []).flatMap(({ name, value }) =>
    value && new RegExp(`\\$\\{?${literally(name)}\\b`).test(text) ? [value] : [],
  );
  return services.filter(({ metadata: { name, namespace = '' } }) => {
    const own = new RegExp(
      `(^|[\\s"'=@/])${literally(name)}(\\.${literally(namespace)}(\\.[a-z0-9.-]*)?|\\.svc)?(?=$|[\\s"':/;)])`,
    );
    return own.test(text) || hosts.some((host) => own.test(host));
  });
}

/** Why nobody answers behind a Service, as far as that is plain. */
export type Unanswered =
  | { readonly kind: 'scaled to 0'; readonly workload: Workload }
  | { readonly kind: 'no ready Pod' };

export function whyUnanswered(
  service: Service,
  pods: readonly Pod[],
  workloads: readonly Workload[],
): Unanswered | undefined {
  if (!hasSelector(service) || podsSelectedBy(service, pods).some(isReady)) return undefined;
  const [workload, ...others] = workloadsReachedBy(service, workloads);
  if (workload && [workload, ...others].every((each) => desiredReplicasOf(each) === 0))
    return { kind: 'scaled to 0', workload };
  return { kind: 'no ready Pod' };
}
