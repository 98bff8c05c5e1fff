import type { Fields } from '../documents.ts';

/** Rules of a role: API group, resources, verbs. */
export type Rule = readonly [group: string, resources: readonly string[], verbs: readonly string[]];

export interface Account {
  readonly namespace: string;
  readonly name: string;
}

export const read = ['get', 'list', 'watch'] as const;

const rbac = 'rbac.authorization.k8s.io';

function writeRules(rules: readonly Rule[]): readonly Fields[] {
  return rules.map(([group, resources, verbs]) => ({ apiGroups: [group], resources, verbs }));
}

export function serviceAccount(account: Account): Fields {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account.name, namespace: account.namespace } };
}

export function clusterRole(name: string, rules: readonly Rule[], labels?: Fields): Fields {
  const metadata = { name, ...(labels ? { labels } : {}) };
  return { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata, rules: writeRules(rules) };
}

export function clusterRoleBinding(name: string, role: string, account: Account): Fields {
  return {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', ...account }],
  };
}

export function role(namespace: string, name: string, rules: readonly Rule[]): Fields {
  return { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { name, namespace }, rules: writeRules(rules) };
}

/** Binds a Role of a namespace, which need not be the account's. */
export function roleBinding(namespace: string, name: string, roleName: string, account: Account): Fields {
  return {
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: { name, namespace },
    roleRef: { apiGroup: rbac, kind: 'Role', name: roleName },
    subjects: [{ kind: 'ServiceAccount', ...account }],
  };
}

/** An environment variable that holds a field of the pod, such as `metadata.name`. */
export function podField(name: string, fieldPath: string): Fields {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}
