import { provideImages } from '../labs/provide-images.ts';
import { shareCache } from './cluster-run.ts';
import { type Existing, findNode } from './existing.ts';
import { openSource } from './lab-cluster.ts';

/**
 * Makes sure that all nodes which run pods have the images that a lab asks for.
 * @param title the command that wants them.
 * @param passOver nodes that nobody can ask.
 * @throws KubelabError `KL-LAB-IMAGE`
 */
export async function provideLabImages(
  existing: Existing,
  roles: readonly string[],
  title: string,
  passOver: boolean,
): Promise<void> {
  if (roles.length === 0) return;
  const opened = await openSource(existing);
  if (opened === undefined) return;
  const { workspace, state, provider } = existing;
  const { context } = workspace;
  const nodes = state.nodes.filter(({ role }) => role === 'control-plane' || role === 'worker');
  await provideImages(
    {
      ...opened,
      nodes: nodes.map(({ name }) => provider.connect(findNode(state, name))),
      share: shareCache(context, title),
      signal: context.signal,
      events: context.events,
      passOver,
    },
    roles,
  );
}
