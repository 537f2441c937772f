import { Document, isMap, isSeq } from 'yaml';
import { demoPermissions } from '../../demo/permissions.ts';
import { watchPermissions } from '../../gate/permissions.ts';
import type { Permission } from '../../k8s/permissions.ts';
import { rulesFor, type ReasonedRule } from '../../k8s/roles.ts';
import { probePermissions } from '../../probes/permissions.ts';
import { readPermissions } from '../../snapshot/permissions.ts';
import { UserError } from '../../snapshot/user-error.ts';
import type { RbacOptions } from '../rbac-command.ts';
import { writeOut } from '../stdout.ts';

/** `svcdoctor rbac`: prints the roles for a use, and the bindings where a ServiceAccount is named. */
export async function runRbac(options: RbacOptions): Promise<number> {
  const roles = rolesFor(options);
  const account = options.serviceAccount === undefined ? undefined : accountIn(options.serviceAccount);
  const bindings = account ? roles.map((role) => bindingOf(role, account)) : [];
  await writeOut(
    options.output === 'json'
      ? `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...roles.map(plain), ...bindings] }, undefined, 2)}\n`
      : yamlOf(roles, bindings),
  );
  return 0;
}

interface Role {
  readonly name: string;
  /** Absent: a ClusterRole. */
  readonly namespace?: string;
  readonly rules: readonly ReasonedRule[];
}

function rolesFor(options: RbacOptions): readonly Role[] {
  const { name } = options;
  if (!isName(name)) throw new UserError('bad-option', `--name ${name} is no name for a Role`, { hint: nameHint });
  const namespace = options.namespace ?? (options.deployDemo ? 'demo' : undefined);
  if (namespace !== undefined && !isName(namespace))
    throw new UserError('bad-option', `--namespace ${namespace} is no name for a namespace`, { hint: nameHint });
  const { near, system, cluster } = permissionsFor(options, namespace);
  const inCluster = namespace === undefined ? [...near, ...cluster, ...readPermissions.elsewhere] : cluster;
  const inNamespace = namespace === undefined ? [] : namespace === 'kube-system' ? [...near, ...system] : near;
  const inSystem = namespace === 'kube-system' ? [] : system;
  // Whoever may bind roles in one namespace alone gets one that stands on its own.
  const roles: readonly Role[] = [
    { name, rules: rulesFor(inCluster) },
    ...(namespace === undefined ? [] : [{ name, namespace, rules: rulesFor(inNamespace) }]),
    { name, namespace: 'kube-system', rules: rulesFor(inSystem, inCluster) },
  ];
  return roles.filter(({ rules }) => rules.length > 0);
}

interface Permissions {
  readonly near: readonly Permission[];
  readonly system: readonly Permission[];
  readonly cluster: readonly Permission[];
}

function permissionsFor({ deployDemo, gate, probe }: RbacOptions, home: string = 'demo'): Permissions {
  if (deployDemo) {
    const { namespace, system, cluster } = demoPermissions(home);
    return { near: namespace, system, cluster };
  }
  const { namespace, system, cluster } = readPermissions;
  const probing = probePermissions[probe];
  return {
    near: [...namespace, ...(gate ? watchPermissions : []), ...probing.namespace],
    system: [...system, ...probing.system],
    cluster,
  };
}

const isName = (text: string): boolean => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text) && text.length <= 63;
const nameHint = 'small letters, digits and hyphens, 63 at most, as in team-a';

interface Account {
  readonly namespace: string;
  readonly name: string;
}

function accountIn(text: string): Account {
  const [namespace = '', name = '', ...more] = text.split('/');
  if (more.length > 0 || !isName(namespace) || !isName(name))
    throw new UserError('bad-option', `--service-account ${text} names no ServiceAccount`, {
      hint: 'write NAMESPACE/NAME, as in ci/svcdoctor',
    });
  return { namespace, name };
}

const rbac = 'rbac.authorization.k8s.io';
const kindOf = ({ namespace }: Role) => (namespace === undefined ? 'ClusterRole' : 'Role');
const metadataOf = ({ name, namespace }: Role) => ({ name, ...(namespace === undefined ? {} : { namespace }) });

const plain = (role: Role) => ({
  apiVersion: `${rbac}/v1`,
  kind: kindOf(role),
  metadata: metadataOf(role),
  rules: role.rules.map(({ rule }) => rule),
});

const bindingOf = (role: Role, { namespace, name }: Account) => ({
  apiVersion: `${rbac}/v1`,
  kind: `${kindOf(role)}Binding`,
  metadata: metadataOf(role),
  roleRef: { apiGroup: rbac, kind: kindOf(role), name: role.name },
  subjects: [{ kind: 'ServiceAccount', namespace, name }],
});

/** Each rule with its reason above it; without bindings, how to make them. */
function yamlOf(roles: readonly Role[], bindings: readonly object[]): string {
  const documents = [...roles.map(commented), ...bindings.map((binding) => new Document(binding))];
  const [first] = documents;
  if (first && bindings.length === 0)
    first.commentBefore = [
      ' To bind them, for example to a user; --service-account NAMESPACE/NAME prints bindings instead:',
      ...roles.map(
        ({ name, namespace }) =>
          `   kubectl create ${namespace === undefined ? 'clusterrolebinding' : 'rolebinding'} ${name}${namespace === undefined ? ` --clusterrole=${name}` : ` -n ${namespace} --role=${name}`} --user=USER`,
      ),
    ].join('\n');
  return documents.map((document) => document.toString({ lineWidth: 0, flowCollectionPadding: false })).join('---\n');
}

function commented(role: Role): Document {
  const document = new Document(plain(role));
  const rules = document.get('rules');
  if (!isSeq(rules)) return document;
  for (const [index, item] of rules.items.entries()) {
    const why = role.rules[index]?.why;
    if (!isMap(item)) continue;
    if (why !== role.rules[index - 1]?.why) item.commentBefore = ` ${why}`;
    for (const { value } of item.items) if (isSeq(value)) value.flow = true;
  }
  return document;
}
