import type { Permission, Verb } from './permissions.ts';

/** One rule of a Role: of one API group, so that it grants nothing that was not meant. */
interface Rule {
  readonly apiGroups: readonly [string];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly Verb[];
}

/** A rule, and what it is for. */
export interface ReasonedRule {
  readonly why: string;
  readonly rule: Rule;
}

/** The rules for some permissions, each thing granted once. `granted`: what others grant already, and need not be said again. */
export function rulesFor(
  permissions: readonly Permission[],
  granted: readonly Permission[] = [],
): readonly ReasonedRule[] {
  const known = new Set(granted.flatMap(grantsOf));
  // What is granted for all objects comes first: then nothing is said again for some of them.
  const ordered = permissions.toSorted((a, b) => Number(a.names !== undefined) - Number(b.names !== undefined));
  return ordered.flatMap(({ why, resources, verbs, names }) => {
    const byGroup = Map.groupBy(
      resources.flatMap(({ group, resource }) => {
        const wanted = verbs.filter((verb) => !known.has(grantOf(group, resource, verb)));
        if (names === undefined) for (const verb of wanted) known.add(grantOf(group, resource, verb));
        return wanted.length === 0 ? [] : [{ group, resource, verbs: wanted }];
      }),
      ({ group, verbs: wanted }) => JSON.stringify([group, wanted]),
    );
    return [...byGroup.values()].flatMap((alike): readonly ReasonedRule[] => {
      const [first] = alike;
      if (!first) return [];
      return [
        {
          why,
          rule: {
            apiGroups: [first.group],
            resources: alike.map(({ resource }) => resource).toSorted(),
            ...(names === undefined ? {} : { resourceNames: names }),
            verbs: first.verbs,
          },
        },
      ];
    });
  });
}

const grantOf = (group: string, resource: string, verb: Verb): string => `${verb} ${group}/${resource}`;

const grantsOf = ({ resources, verbs, names }: Permission): readonly string[] =>
  names === undefined
    ? resources.flatMap(({ group, resource }) => verbs.map((verb) => grantOf(group, resource, verb)))
    : [];
