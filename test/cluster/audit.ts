import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { auditLogOf } from './control-plane.ts';
import { apply } from './demo.ts';
import { type Answer, run } from './kubectl.ts';
import type { ControlPlane } from './record.ts';

/** What svcdoctor asks of an API server, by the server's own audit log, against what `svcdoctor rbac` prints for that use. */

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

export interface Role {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules: readonly Rule[];
}

export interface AuditEvent {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly requestURI: string;
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code: number };
}

export interface Witness {
  /** Runs the CLI with that kubeconfig. */
  svcdoctor(kubeconfig: string, ...args: readonly string[]): Promise<Answer>;
  /** The roles that are printed for a use, such as `--probe exec`. */
  rolesFor(...use: readonly string[]): Promise<readonly Role[]>;
  /** A kubeconfig for a ServiceAccount of the namespace `ci` that has the roles for a use, and nothing else. */
  accountWith(name: string, ...use: readonly string[]): Promise<string>;
  /** What that ServiceAccount has asked so far. */
  askedBy(name: string): Promise<readonly AuditEvent[]>;
}

const cli = join(import.meta.dirname, '..', '..', 'bin', 'svcdoctor.js');

/** Of a control plane that was started with its audit log; the namespace `ci` has to be there. */
export function witnessOf(controlPlane: ControlPlane): Witness {
  const { state } = controlPlane;
  const svcdoctor: Witness['svcdoctor'] = (kubeconfig, ...args) =>
    run(controlPlane, [process.execPath, cli, ...args], {
      variables: { KUBECONFIG: kubeconfig, FORCE_COLOR: undefined },
    });
  return {
    svcdoctor,
    async rolesFor(...use) {
      const { stdout } = await svcdoctor('', 'rbac', '-o', 'json', ...use);
      return (JSON.parse(stdout) as { items: readonly Role[] }).items;
    },
    async accountWith(name, ...use) {
      const { stdout } = await svcdoctor('', 'rbac', '--name', name, '--service-account', `ci/${name}`, ...use);
      const account = `apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: ${name}, namespace: ci }\n`;
      await apply(controlPlane, `${stdout}---\n${account}`);
      const token = await run(controlPlane, ['kubectl', 'create', 'token', name, '-n', 'ci']);
      const config = parse(await readFile(controlPlane.kubeconfig, 'utf8')) as { users: { user: object }[] };
      for (const user of config.users) user.user = { token: token.stdout.trim() };
      const file = join(state, `${name}.kubeconfig`);
      await writeFile(file, stringify(config), { mode: 0o600 });
      return file;
    },
    async askedBy(name) {
      const lines = (await readFile(auditLogOf(state), 'utf8')).trim().split('\n');
      return lines
        .map((line) => JSON.parse(line) as AuditEvent)
        .filter(({ user }) => user.username === `system:serviceaccount:ci:${name}`);
    },
  };
}

/** `list apps/deployments`: what a request needs, and what a rule grants. */
export const grantOf = (verb: string, group: string, resource: string): string =>
  `${verb} ${group === '' ? '' : `${group}/`}${resource}`;

export const grantsAsked = (events: readonly AuditEvent[]): readonly string[] => [
  ...new Set(
    events.flatMap(({ verb, objectRef: of }) =>
      of ? [grantOf(verb, of.apiGroup ?? '', of.subresource ? `${of.resource}/${of.subresource}` : of.resource)] : [],
    ),
  ),
];

export const grantsIn = (roles: readonly Role[]): readonly string[] => [
  ...new Set(
    roles.flatMap(({ rules }) =>
      rules.flatMap(({ apiGroups, resources: of, verbs }) =>
        apiGroups.flatMap((group) => of.flatMap((resource) => verbs.map((verb) => grantOf(verb, group, resource)))),
      ),
    ),
  ),
];

export const sorted = (texts: readonly string[]): readonly string[] => texts.toSorted((a, b) => (a < b ? -1 : 1));

/** The requests that the server refused. */
export const refusedIn = (events: readonly AuditEvent[]): readonly string[] =>
  events
    .filter(({ responseStatus }) => responseStatus?.code === 403)
    .map(({ verb, requestURI }) => `${verb} ${requestURI}`);

/**
 * What the roles grant and nothing made use of, each in its own scope: a rule for all namespaces counts only where none of a single namespace would
 * have done. `create` is left out: the log shows one verb of a request, and `get` or `patch` is the other that these need.
 */
export function unusedIn(roles: readonly Role[], events: readonly AuditEvent[]): readonly string[] {
  const grants = roles.flatMap(({ metadata: { namespace }, rules }) =>
    rules.flatMap(({ apiGroups, resources, verbs, resourceNames }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.map((verb) => ({ grant: grantOf(verb, group, resource), namespace, names: resourceNames })),
        ),
      ),
    ),
  );
  const isFor = ({ grant, names, namespace }: (typeof grants)[number], event: AuditEvent): boolean =>
    grantsAsked([event]).includes(grant) &&
    (names === undefined || names.includes(event.objectRef?.name ?? '')) &&
    (namespace === undefined || namespace === event.objectRef?.namespace);
  const narrow = grants.filter(({ namespace }) => namespace !== undefined);
  const beyond = events.filter((event) => !narrow.some((grant) => isFor(grant, event)));
  return sorted(
    grants
      .filter(({ grant }) => !grant.startsWith('create '))
      .filter((each) => !(each.namespace === undefined ? beyond : events).some((event) => isFor(each, event)))
      .map(({ grant, namespace }) => `${grant}${namespace === undefined ? '' : ` in ${namespace}`}`),
  );
}
