import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { explainSubject } from '../../../src/labs/explain/explain-object.ts';
import { builtInKinds, findBuiltInKind, listPath } from '../../../src/kubernetes/kinds.ts';
import { hasLabels, nameOf, type KubeObject, type Snapshot } from '../../../src/labs/snapshot.ts';
import { say, withParticle } from '../../../src/labs/sentence.ts';

type Lists = Record<string, { readonly items: readonly KubeObject[] }>;

/** Objects of a real cluster with everything broken that labs teach, as the API server gave them. */
const recorded = JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/broken-objects.json'), 'utf8')) as Lists;
const namespace = 'try-checks';

function snapshotOf(lists: Lists): Snapshot {
  return {
    list: ({ apiVersion, kind, namespace: within }) => {
      const place = findBuiltInKind(apiVersion, kind)!;
      const items = lists[listPath(place, within)]?.items ?? [];
      return Promise.resolve(items.map((item) => ({ ...item, apiVersion, kind })));
    },
  };
}

/** The recorded objects with the fields of some changed. */
function changed(path: string, change: (object: KubeObject) => KubeObject): Lists {
  const items = (recorded[path]?.items ?? []).map(change);
  return { ...recorded, [path]: { items } };
}

async function explain(apiVersion: string, kind: string, name: string, lists = recorded) {
  const snapshot = snapshotOf(lists);
  const objects = (await snapshot.list({ apiVersion, kind, namespace })).filter((object) => nameOf(object) === name);
  return explainSubject(
    { apiVersion, kind, namespace, selector: name, byName: true, selected: objects.length, objects },
    snapshot,
  );
}

const english = async (...args: Parameters<typeof explain>) => (await explain(...args)).map(({ en }) => en);

describe('of a recorded cluster', () => {
  it.each([
    ['apps/v1', 'Deployment', 'web', []],
    ['v1', 'Service', 'web', []],
    ['v1', 'Service', 'web-headless', []],
    [
      'apps/v1',
      'Deployment',
      'crash',
      [
        'Deployment crash has 0 of 1 pods ready.',
        /^Container main of Pod crash-\S+ ends each time it is started\.$/,
        /^Container main of Pod crash-\S+ ended with exit code 3\.$/,
      ],
    ],
    [
      'apps/v1',
      'Deployment',
      'image',
      [
        'Deployment image has 0 of 1 pods ready.',
        /^Container main of Pod image-\S+ can not get its image nope.invalid\/web:1 \((ImagePullBackOff|ErrImagePull)\): /,
      ],
    ],
    [
      'apps/v1',
      'Deployment',
      'unready',
      [
        'Deployment unready has 0 of 1 pods ready.',
        /^Container main of Pod unready-\S+ runs, but a probe fails: Readiness probe failed: .*connection refused\.?$/,
      ],
    ],
    [
      'apps/v1',
      'Deployment',
      'account',
      [
        'Deployment account has 0 of 1 pods ready.',
        /^ReplicaSet account-\S+ can not make its pods: .*serviceaccount "ghost" not found/,
      ],
    ],
    [
      'v1',
      'Pod',
      'env',
      [/^Container main of Pod env can not be started \(CreateContainerConfigError\): configmap "missing" not found/],
    ],
    ['v1', 'Pod', 'mount', [/^Pod mount waits for a volume: .*configmap "missing" not found/]],
    ['v1', 'Pod', 'huge', [/^Pod huge has no node yet: 0\/3 nodes are available: .*2 Insufficient memory\.$/]],
    ['v1', 'Pod', 'init', [/^Init container first of Pod init ended with exit code 1\.$/]],
    ['v1', 'Pod', 'oom', [/^Container main of Pod oom e/, 'Container main of Pod oom ended with exit code 137 (OOMKilled).']],
    [
      'v1',
      'Pod',
      'claimless',
      [
        /^Pod claimless has no node yet: .*"ghost" not found\.$/,
        'PersistentVolumeClaim ghost does not exist, and the pod uses it.',
      ],
    ],
    ['v1', 'Service', 'nobody', ['Service nobody selects no pod: none in namespace try-checks has the labels app=wbe.']],
    ['v1', 'Service', 'web-port', ['Service web-port sends to port 9090 of its pods, whose containers name 8080.']],
    [
      'v1',
      'Service',
      'unready',
      ['Service unready has no endpoints: no pod that it selects is ready.', /runs, but a probe fails/],
    ],
    [
      'v1',
      'PersistentVolumeClaim',
      'waits',
      [/^.*waits has no volume yet\.$/, 'StorageClass local-path makes a volume only when a pod uses the claim, and none does.'],
    ],
    [
      'v1',
      'PersistentVolumeClaim',
      'static',
      [/has no volume yet/, 'PersistentVolume try-checks-pv has 1Gi, less than the 5Gi that the claim asks for.'],
    ],
    [
      'v1',
      'PersistentVolumeClaim',
      'no-class',
      [
        /has no volume yet/,
        /^StorageClass ghost does not exist/,
        'PersistentVolume try-checks-pv is of the class manual, the claim is of the class ghost.',
      ],
    ],
    [
      'apps/v1',
      'StatefulSet',
      'db',
      [
        'StatefulSet db has 0 of 2 pods ready.',
        /^Pod db-0 has no node yet/,
        'PersistentVolumeClaim data-db-0 has no volume yet.',
        /^StorageClass standard does not exist/,
        /try-checks-pv/,
      ],
    ],
    ['apps/v1', 'DaemonSet', 'nowhere', ['DaemonSet nowhere fits no node, so that it has no pods.']],
    [
      'autoscaling/v2',
      'HorizontalPodAutoscaler',
      'web',
      [/^HorizontalPodAutoscaler web can not read the metrics that it needs: .*missing request for cpu/],
    ],
    ['batch/v1', 'Job', 'job', [/^Job job has failed: /, /ended with exit code 1\.$/]],
    ['v1', 'Pod', 'gone', ['There is no Pod gone.']],
  ] as const)('%s %s %s', async (apiVersion, kind, name, sentences) => {
    const chain = await explain(apiVersion, kind, name);
    expect(chain).toHaveLength(sentences.length);
    for (const [index, sentence] of sentences.entries()) {
      const { en = '', ko = '' } = chain[index] ?? {};
      if (typeof sentence === 'string') expect(en).toBe(sentence);
      else expect(en).toMatch(sentence);
      expect(ko).toMatch(/니다(\.|:|\(|, )/);
    }
  });

  it('speaks Korean', async () => {
    const korean = async (apiVersion: string, kind: string, name: string) =>
      (await explain(apiVersion, kind, name)).map(({ ko }) => ko).at(-1);
    expect(await korean('apps/v1', 'Deployment', 'crash')).toMatch(
      /^crash-\S+ 파드의 main 컨테이너가 종료되었습니다\(종료 코드 3\)\.$/,
    );
    expect(await korean('v1', 'Service', 'unready')).toContain('컨테이너가 실행 중이지만 프로브가 실패합니다: ');
    expect(await korean('v1', 'PersistentVolumeClaim', 'static')).toBe(
      'try-checks-pv 퍼시스턴트볼륨의 크기(1Gi)가 클레임이 요청한 크기(5Gi)보다 작습니다.',
    );
  });

  it('never names a cure', async () => {
    const lists = Object.entries(recorded).flatMap(([path, { items }]) => items.map((item) => ({ path, name: nameOf(item) })));
    for (const { path, name } of lists) {
      const place = builtInKinds.find((one) => listPath(one, namespace) === path && one.kind !== 'Event');
      if (place === undefined) continue;
      const text = (await english(place.apiVersion, place.kind, name)).join(' ');
      expect(text).not.toMatch(/kubectl|\b(should|use|add|create|change|fix|please)\b(?! the claim)/i);
    }
  });
});

describe('of what was changed in it', () => {
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const web = (change: (pod: KubeObject) => KubeObject) =>
    changed(pods, (pod) => (hasLabels(pod, { app: 'web' }) ? change(pod) : pod));
  const status = (pod: KubeObject, fields: Record<string, unknown>) => ({
    ...pod,
    status: { ...(pod['status'] as object), ...fields },
  });
  const notReady = [{ type: 'Ready', status: 'False' }];

  it('a node that is not ready comes before its containers', async () => {
    const lists = {
      ...web((pod) => status({ ...pod, spec: { ...(pod['spec'] as object), nodeName: 'worker1' } }, { conditions: notReady })),
      '/api/v1/nodes': {
        items: [
          {
            metadata: { name: 'worker1' },
            status: { conditions: [{ type: 'Ready', status: 'Unknown', message: 'Kubelet stopped posting node status.' }] },
          },
        ],
      },
    };
    expect((await english('v1', 'Service', 'web', lists)).slice(1)).toEqual([
      expect.stringMatching(/^Pod web-\S+ is on node worker1\.$/),
      'Node worker1 is not ready: Kubelet stopped posting node status.',
    ]);
  });

  it('a pod that is on its way out, evicted, gated, or has a scheduler that does not exist', async () => {
    const first = async (change: (pod: KubeObject) => KubeObject) =>
      (
        await english(
          'v1',
          'Pod',
          'huge',
          changed(pods, (pod) => (nameOf(pod) === 'huge' ? change(pod) : pod)),
        )
      )[0];
    const metadata = { name: 'huge', namespace };
    expect(await first((pod) => ({ ...pod, metadata: { ...metadata, deletionTimestamp: 'x' } }))).toBe(
      'Pod huge is being deleted.',
    );
    expect(await first((pod) => status(pod, { reason: 'Evicted', message: 'low on memory' }))).toBe(
      'Pod huge was evicted from its node: low on memory.',
    );
    expect(
      await first((pod) => status(pod, { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] })),
    ).toContain('scheduling gate');
    expect(await first((pod) => ({ ...pod, spec: { schedulerName: 'mine' }, status: { phase: 'Pending' } }))).toContain(
      '(it asks for mine)',
    );
  });

  it('a claim whose volume somebody had, or that names another', async () => {
    const volumes = '/api/v1/persistentvolumes';
    const volume = {
      metadata: { name: 'pv' },
      spec: { capacity: { storage: '9Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: 'manual' },
      status: { phase: 'Available' },
    };
    const last = async (change: object) =>
      (
        await english('v1', 'PersistentVolumeClaim', 'static', { ...recorded, [volumes]: { items: [{ ...volume, ...change }] } })
      ).at(-1);
    expect(
      await last({ spec: { ...volume.spec, claimRef: { namespace: 'x', name: 'old' } }, status: { phase: 'Released' } }),
    ).toBe('PersistentVolume pv still belongs to the claim x/old.');
    expect(await last({ spec: { ...volume.spec, accessModes: ['ReadOnlyMany'] } })).toBe(
      'PersistentVolume pv does not offer the access mode ReadWriteOnce that the claim asks for.',
    );
    expect(await last({ spec: { ...volume.spec, storageClassName: 'fast' } })).toBe(
      'PersistentVolume pv is of the class fast, the claim is of the class manual.',
    );
    const claims = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;
    const named = changed(claims, (claim) => ({ ...claim, spec: { ...(claim['spec'] as object), volumeName: 'mine' } }));
    expect((await english('v1', 'PersistentVolumeClaim', 'static', named)).at(-1)).toBe(
      'PersistentVolume mine does not exist, and the claim names it.',
    );
    expect(await english('v1', 'PersistentVolume', 'try-checks-pv')).toEqual([
      'PersistentVolume try-checks-pv is not bound to any claim.',
    ]);
  });

  it('a provisioner that failed', async () => {
    const [claim] = (recorded[`/api/v1/namespaces/${namespace}/persistentvolumeclaims`]?.items ?? []).filter(
      (one) => nameOf(one) === 'waits',
    );
    const event = {
      metadata: { name: 'e' },
      involvedObject: { kind: 'PersistentVolumeClaim', name: nameOf(claim) },
      reason: 'ProvisioningFailed',
      message: 'no room',
      lastTimestamp: '2030-01-01T00:00:00Z',
    };
    const older = { ...event, message: 'older', lastTimestamp: '2029-01-01T00:00:00Z' };
    const lists = { ...recorded, [`/api/v1/namespaces/${namespace}/events`]: { items: [event, older] } };
    expect((await english('v1', 'PersistentVolumeClaim', 'waits', lists)).at(-1)).toBe(
      'StorageClass local-path could not make a volume: no room.',
    );
  });

  it('a deployment that is paused, at 0, or stuck half-way', async () => {
    const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;
    const first = async (fields: object, more: object = {}) =>
      (
        await english(
          'apps/v1',
          'Deployment',
          'web',
          changed(deployments, (one) => ({
            ...one,
            spec: { ...(one['spec'] as object), ...fields },
            status: { ...(one['status'] as object), ...more },
          })),
        )
      )[0];
    expect(await first({ paused: true })).toBe('Deployment web is paused.');
    expect(await first({ replicas: 0 })).toBe('Deployment web is set to 0 replicas.');
    expect(await first({}, { observedGeneration: 0 })).toBe(
      'Deployment web was changed, and its controller has not seen that yet.',
    );
    expect(await first({}, { updatedReplicas: 1 })).toBe('Deployment web has 1 of 2 pods of its new revision.');
  });

  it('an object that is in the wrong namespace, and pods that nobody could make', async () => {
    const elsewhere = {
      ...recorded,
      '/api/v1/namespaces/default/pods': { items: [{ metadata: { name: 'lost', namespace: 'default' } }] },
    };
    expect(await explain('v1', 'Pod', 'lost', elsewhere)).toEqual([
      {
        en: 'Pod lost is in namespace default, not in try-checks.',
        ko: 'lost 파드가 try-checks 네임스페이스가 아니라 default 네임스페이스에 있습니다.',
      },
    ]);
    const chain = await explainSubject(
      { apiVersion: 'v1', kind: 'Pod', namespace, selector: 'app=account', byName: false, selected: 0, objects: [] },
      snapshotOf(recorded),
    );
    expect(chain.map(({ en }) => en)).toEqual([
      'There is no Pod with the labels app=account.',
      'Deployment account has 0 of 1 pods ready.',
      expect.stringContaining('can not make its pods') as string,
    ]);
  });

  it('a node that is cordoned or under pressure, and a namespace that does not go', async () => {
    const node = (fields: object) =>
      explainSubject(
        {
          apiVersion: 'v1',
          kind: 'Node',
          namespace,
          selector: 'n',
          byName: true,
          selected: 1,
          objects: [{ kind: 'Node', metadata: { name: 'n' }, ...fields }],
        },
        snapshotOf({}),
      );
    const ready = { type: 'Ready', status: 'True' };
    expect((await node({ spec: { unschedulable: true }, status: { conditions: [ready] } }))[0]?.en).toBe(
      'Node n is cordoned: it takes no new pods.',
    );
    expect(
      (await node({ status: { conditions: [ready, { type: 'DiskPressure', status: 'True', message: 'full' }] } }))[0]?.en,
    ).toBe('Node n reports DiskPressure: full.');
    expect(await node({ status: { conditions: [ready, { type: 'DiskPressure', status: 'False' }] } })).toEqual([]);
  });
});

it('gives nouns the particle of their last syllable', () => {
  expect([
    withParticle('파드', '이/가'),
    withParticle('볼륨', '이/가'),
    withParticle('컨테이너', '을/를'),
    withParticle('클레임', '을/를'),
  ]).toEqual(['파드가', '볼륨이', '컨테이너를', '클레임을']);
  const subject = { en: 'Pod a', ko: 'a 파드' };
  expect(say(subject, 'is gone', '의 노드가 없습니다', 'because.').ko).toBe('a 파드의 노드가 없습니다: because.');
});
