import { renderDocuments, type Fields } from './documents.ts';
import { builtInKinds, groupOf } from './kinds.ts';
import { makeClientCertificate, type ClientCertificate } from './pki.ts';

/** Who reads the cluster for checks. It may look at what labs are about, and change nothing. */
const user = 'kubelab-checker';
const group = 'kubelab:checkers';
const roleName = 'kubelab:checker';

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
    // A WebSocket begins with a GET; from 1.35 on the API server wants create for it all the same.
    { apiGroups: [''], resources: ['pods/exec'], verbs: ['get', 'create'] },
  ];
}

/** The objects that let the checker read: a role and its binding, as one YAML text. */
export function renderCheckerAccess(): string {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  return renderDocuments([
    { apiVersion, kind: 'ClusterRole', metadata: { name: roleName }, rules: rules() },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name: roleName },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: roleName },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: group }],
    },
  ]);
}
