import { isObtained } from '../artifacts/source.ts';
import type { Step } from './step.ts';
import type { UpContext } from './up-context.ts';

/** What is made once, before any machine: artifacts, base box, node image, and the network. */
export function prepareSteps(context: UpContext): Step[] {
  return [
    {
      id: 'obtain',
      title: `obtain Kubernetes ${context.plan.kubernetes}`,
      phase: 'artifacts',
      needs: [],
      done: async () => isObtained(context.lock()) && (await context.source.missing(context.lock())).length === 0,
      run: (progress) =>
        context.share('artifacts', progress, async () => context.keepLock(await context.source.obtain(context.lock()))),
    },
    {
      id: 'base',
      title: `make the base box ${context.plan.box}`,
      phase: 'base box',
      needs: [],
      done: async () =>
        (isObtained(context.lock()) && (await context.images.hasImage(context.lock()))) || context.images.hasBase(),
      run: (progress) =>
        context.share('base box', progress, async () => {
          if (!(await context.images.hasBase())) await context.images.makeBase(progress);
        }),
    },
    {
      id: 'image',
      title: 'make the node image',
      phase: 'node image',
      needs: ['obtain', 'base'],
      done: () => context.images.hasImage(context.lock()),
      run: (progress) =>
        context.share('node image', progress, async () => {
          if (!(await context.images.hasImage(context.lock()))) await context.images.makeImage(context.lock(), progress);
        }),
    },
    {
      id: 'network',
      title: `make the network ${context.plan.network.nodes}`,
      phase: 'network',
      needs: [],
      // Making it anew changes nothing where it is there, and looking costs as much.
      done: async () => false,
      run: () => context.provider.prepare(),
    },
  ];
}
