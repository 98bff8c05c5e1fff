import { renderDocuments, type Fields } from './documents.ts';
import { builtInKinds, groupOf } from './kinds.ts';
import { makeClientCertificate, type ClientCertificate } from './pki.ts';

/** Who reads the cluster for checks. It may look at what labs are about, and change nothing. */
const user = 'kubelab-checker';
const group = 'kubelab:checkers';
const roleName = 'kubelab:checker';
const execRoleName = 'kubelab:checker-exec';

const hour = 3_600_000;

/** A certificate for this run alone, made with the cluster's own authority and never written to a file. */
export function makeCheckerCertificate(authority: ClientCertificate, now: Date): Promise<ClientCertificate> {
  return makeClientCertificate({ authority, user, group, now, validFor: 24 * hour });
}

function resourcesByGroup(): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { apiVersion, resource } of builtInKinds) {
    const resources = groups.get(groupOf(apiVersion)) ?? [];
    if (!resources.includes(resource)) groups.set(groupOf(apiVersion), [...resources, resource]);
  }
  return groups;
}

function rules(): Fields[] {
  return [
    ...[...resourcesByGroup()].map(([group, resources]) => ({
      apiGroups: [group],
      resources,
      verbs: ['get', 'list', 'watch'],
    })),
    { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
  ];
}

const rbac = 'rbac.authorization.k8s.io';
const apiVersion = `${rbac}/v1`;

/** The objects that let the checker read: roles, and the binding of the one that holds everywhere, as one YAML text. */
export function renderCheckerAccess(): string {
  return renderDocuments([
    { apiVersion, kind: 'ClusterRole', metadata: { name: roleName }, rules: rules() },
    {
      apiVersion,
      kind: 'ClusterRole',
      metadata: { name: execRoleName },
      // A WebSocket begins with a GET; from 1.35 on the API server wants create for it all the same.
      rules: [{ apiGroups: [''], resources: ['pods/exec'], verbs: ['get', 'create'] }],
    },
    { apiVersion, kind: 'ClusterRoleBinding', metadata: { name: roleName }, ...bindingTo(roleName) },
  ]);
}

/** Lets the checker run commands in the pods of one namespace: a role there holds nowhere else. */
export function checkerExecBinding(namespace: string): Fields {
  return { apiVersion, kind: 'RoleBinding', metadata: { name: execRoleName, namespace }, ...bindingTo(execRoleName) };
}

function bindingTo(role: string): Fields {
  return {
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role },
    subjects: [{ apiGroup: rbac, kind: 'Group', name: group }],
  };
}
