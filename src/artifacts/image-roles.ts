import type { Lock } from './source.ts';

/** Roles for which a shell, a web server and the common tools are enough. */
const toolboxRoles: readonly string[] = ['shell', 'web'];

/** The roles that the cluster's own toolbox image plays: every node has it. */
export function playedByToolbox(lock: Lock, roles: readonly string[]): Readonly<Record<string, string>> {
  const { toolbox } = lock.images;
  if (toolbox === undefined) return {};
  return Object.fromEntries(roles.filter((role) => toolboxRoles.includes(role)).map((role) => [role, toolbox]));
}
