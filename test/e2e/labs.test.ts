import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { findLabs } from '../../src/labs/find-labs.ts';
import type { Lab } from '../../src/labs/lab.ts';
import type { MutationTest } from '../../src/labs/prove/mutate-lab.ts';
import { type Cluster, createCluster, explainFailure } from './rig/cluster.ts';
import { packageFolder } from './rig/kubelab-run.ts';
import { proveTest } from './rig/prove-lab.ts';

const minute = 60_000;
/** The longest of them injects faults for an hour on a slow host, and others wait for it. */
const longest = { timeout: 300 * minute };
/** Ids of labs to prove, parted by commas; without it, all that are shipped and fit the cluster. */
const chosen = process.env['KUBELAB_LABS']?.split(',');

interface StepView {
  readonly step: string;
  readonly number: number;
  readonly vars: Readonly<Record<string, string>>;
  readonly passed: boolean;
}

describe('labs on a real cluster', async () => {
  const found = await findLabs({ package: packageFolder, state: join(tmpdir(), 'no-packs') });
  const labs = found.filter(({ id }) => chosen === undefined || chosen.includes(id)).map(({ lab }) => lab!.lab);
  let cluster: Cluster;
  /** For labs that change more than nodes; made when the first of them begins. */
  let whole: Promise<Cluster> | undefined;
  let state: string;

  const openCluster = async (name: string): Promise<Cluster> => {
    const opened = await createCluster({
      name,
      spec: {
        kubernetes: '1.36.4',
        source: 'go',
        controlPlane: { count: 1 },
        workers: { count: 2 },
        addons: ['metrics-server', 'local-path'],
      },
      nodes: ['control1', 'worker1', 'worker2'],
      env: { XDG_STATE_HOME: state },
    });
    made.push(opened);
    await opened.up();
    return opened;
  };
  const made: Cluster[] = [];

  beforeAll(async () => {
    state = await mkdtemp(join(process.env['KUBELAB_E2E_FOLDER'] ?? tmpdir(), 'kubelab-labs-'));
    cluster = await openCluster('labs');
  }, 90 * minute);

  afterAll(async () => {
    // What the first left behind is told from what there was before it: the others have to be gone by then.
    const failures: unknown[] = [];
    for (const one of made.toReversed()) await one.remove().catch((error: unknown) => failures.push(error));
    expect(failures).toEqual([]);
    await rm(state, { recursive: true, force: true });
  }, 30 * minute);

  const demand = async (...words: readonly string[]): Promise<unknown> => {
    const ended = await cluster.run('lab', ...words);
    if (ended.exitCode !== 0) throw explainFailure(ended);
    return ended.data;
  };
  const view = (data: unknown): Pick<StepView, 'step' | 'number' | 'vars' | 'passed'> => {
    const { step, number, vars, passed } = data as StepView;
    return { step, number, vars, passed };
  };

  describe('a learner', () => {
    let begun: StepView;

    it('begins a lab, and is told what is missing', async () => {
      const refused = await cluster.run('lab', 'check');
      expect(refused.failure).toMatchObject({ code: 'KL-LAB-NONE' });
      begun = view(await demand('start', 'emptydir'));
      expect(begun).toMatchObject({ step: 'share', number: 1, passed: false });
      const checked = await cluster.run('lab', 'check');
      expect(checked.exitCode).toBe(1);
      expect(checked.data).toMatchObject({ lab: 'emptydir', passed: false });
      expect(await demand('hint')).toMatchObject({ tier: 1, shown: 1 });
    });

    it('does not go on before the step has passed', async () => {
      expect((await cluster.run('lab', 'next')).failure).toMatchObject({ code: 'KL-LAB-ORDER', exitCode: 2 });
    });

    it('has a step done, sees it pass, and goes on', async () => {
      // In another terminal, all the while.
      const watched = cluster.run('lab', 'watch');
      expect(await demand('solve', '--yes')).toMatchObject({ passed: true });
      expect(await watched).toMatchObject({ exitCode: 0, data: { lab: 'emptydir', step: 'share', passed: true } });
      expect(await demand('check')).toMatchObject({ passed: true });
      expect(view(await demand('next'))).toMatchObject({ number: 2, passed: false });
      const { steps } = (await demand('status')) as { steps: { id: string; solved: boolean; points: number }[] };
      expect(steps.find(({ id }) => id === 'share')).toMatchObject({ solved: true, points: 0 });
    });

    it('finds the same step with the same values after a halt', async () => {
      const before = view(await demand('show'));
      expect((await cluster.run('halt')).exitCode).toBe(0);
      await cluster.up();
      expect(view(await demand('show'))).toEqual(before);
      expect(before.vars).toMatchObject(begun.vars);
    });

    it('gets the start of the step back with a reset, and the earlier step done', async () => {
      await cluster.kubectl(['--namespace', 'lab-emptydir', 'delete', 'pods', '--all', '--wait=false']);
      expect(view(await demand('reset', '--yes'))).toMatchObject({ number: 2, passed: false });
      expect(await cluster.kubectl(['--namespace', 'lab-emptydir', 'get', 'pods', '-o', 'name'])).toContain('pod/count');
    });

    it('goes on at the same step on a cluster that was made anew', async () => {
      const before = view(await demand('show'));
      expect(await cluster.destroy()).toEqual([]);
      await cluster.up();
      expect((await cluster.run('lab', 'check')).failure).toMatchObject({ code: 'KL-LAB-ORDER' });
      const again = view(await demand('start', 'emptydir'));
      expect([again.step, again.vars['TOKEN']]).toEqual([before.step, before.vars['TOKEN']]);
    });

    it('leaves nothing of it on the cluster in the end', async () => {
      await demand('stop', '--yes');
      expect(await cluster.kubectl(['get', 'namespace', 'lab-emptydir', '--ignore-not-found'])).toBe('');
      expect((await cluster.run('lab', 'show')).failure).toMatchObject({ code: 'KL-LAB-NONE' });
    });
  });

  it('begins with a lab of one’s own that works', async () => {
    expect((await cluster.run('lab', 'new', 'own-lab')).exitCode).toBe(0);
    expect((await cluster.run('lab', 'lint', './own-lab')).exitCode).toBe(0);
    proveTest(await cluster.run('lab', 'test', './own-lab'));
  });

  it('says which checks noticed a slip in a solution', async () => {
    const { results } = (await demand('mutate', './own-lab', '--all')) as MutationTest;
    expect(results.map(({ what, end, by }) => [what, end, by])).toEqual([
      ['ConfigMap greeting: metadata dropped', 'refused', []],
      ['ConfigMap greeting: data dropped', 'caught', ['word-kept']],
      ['ConfigMap greeting: data.word dropped', 'caught', ['word-kept']],
      ['ConfigMap greeting: data.word is "${WORD}x"', 'caught', ['word-kept']],
    ]);
  });

  describe.concurrent('prove themselves', () => {
    const turns = takeTurns();
    const ordered = labs.toSorted((one, other) => groups.indexOf(groupOf(one)) - groups.indexOf(groupOf(other)));
    it.for(ordered.map((lab) => [lab.id, groupOf(lab)] as const))('%s', longest, ([id, group], context) =>
      turns(group, () => proveLab(id, group, context)),
    );
  });

  async function proveLab(id: string, group: Group, context: TestContext): Promise<void> {
    const place = group === 'cluster' ? await (whole ??= openCluster('whole')) : cluster;
    const ended = await place.run('lab', 'test', id);
    // What a lab needs and this cluster has not is for a cluster that has it.
    if (ended.failure?.code === 'KL-LAB-UNFIT') {
      expect(ended.failure.details).toEqual(unfit[id]);
      return context.skip(unfit[id]?.join(' '));
    }
    proveTest(ended);
  }
});

/** What a lab changes that others see: nothing, nodes, or the whole of a cluster. */
const groups = ['namespace', 'cluster', 'nodes'] as const;
type Group = (typeof groups)[number];

function groupOf({ isolation, reset }: Lab): Group {
  return isolation === 'namespace' && reset.clusterObjects.length > 0 ? 'nodes' : isolation;
}

/**
 * Who goes when: labs that keep to their namespaces mostly wait, and do so side by side; after them those that change nodes,
 * one after the other. Beside all of these, those that change the whole of a cluster have one of their own.
 */
function takeTurns(): (group: Group, work: () => Promise<void>) => Promise<void> {
  const begun: Record<Group, Promise<void>[]> = { namespace: [], nodes: [], cluster: [] };
  return (group, work) => {
    const before: Record<Group, Promise<void>[]> = { ...begun, namespace: [], nodes: [...begun.namespace, ...begun.nodes] };
    const run = Promise.allSettled(before[group]).then(work);
    begun[group].push(run);
    return run;
  };
}

/** Labs that this cluster can not run, with what they say themselves. */
const unfit: Readonly<Record<string, readonly string[]>> = {
  nfs: ["It needs nodes whose kernel serves and mounts NFS, and this cluster's nodes can not do that."],
};
