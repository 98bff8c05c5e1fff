import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nodeReadiness, podReadiness, workloadReadiness } from '../../src/kubernetes/readiness.ts';

const ready = { type: 'Ready', status: 'True' };

describe('nodeReadiness', () => {
  test('reads what is there', () => {
    const list = {
      items: [
        {
          metadata: { name: 'cp1' },
          status: {
            addresses: [
              { type: 'Hostname', address: 'cp1' },
              { type: 'InternalIP', address: '10.83.7.11' },
            ],
            conditions: [{ type: 'MemoryPressure', status: 'False' }, ready],
            nodeInfo: { kubeletVersion: 'v1.36.4' },
          },
        },
        {
          metadata: { name: 'worker1' },
          status: { conditions: [{ type: 'Ready', status: 'False', message: 'cni plugin not initialized' }] },
        },
        { metadata: { name: 'worker2' } },
      ],
    };
    expect(nodeReadiness(list)).toEqual([
      { name: 'cp1', ready: true, message: '', kubelet: '1.36.4', address: '10.83.7.11' },
      { name: 'worker1', ready: false, message: 'cni plugin not initialized', kubelet: '', address: '' },
      { name: 'worker2', ready: false, message: 'kubelet has not reported yet', kubelet: '', address: '' },
    ]);
  });
});

describe('podReadiness', () => {
  const pod = (status: object, metadata: object = {}) => ({
    metadata: { namespace: 'default', name: 'web', ...metadata },
    spec: { nodeName: 'worker1' },
    status,
  });
  const waiting = (reason: string) => ({ state: { waiting: { reason } } });

  test.each([
    ['running and ready', pod({ phase: 'Running', conditions: [ready] }), true, ''],
    ['completed', pod({ phase: 'Succeeded' }), true, ''],
    [
      'on its way out',
      pod({ phase: 'Running', conditions: [ready] }, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
      false,
      'not ready',
    ],
    ['waiting', pod({ phase: 'Pending', containerStatuses: [waiting('ImagePullBackOff')] }), false, 'ImagePullBackOff'],
    [
      'held up by an init container',
      pod({
        phase: 'Pending',
        initContainerStatuses: [waiting('CrashLoopBackOff')],
        containerStatuses: [waiting('PodInitializing')],
      }),
      false,
      'CrashLoopBackOff',
    ],
    [
      'not placed',
      pod({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', message: '0/2 nodes are available' }] }),
      false,
      '0/2 nodes are available',
    ],
    ['failed', pod({ phase: 'Failed' }), false, 'Failed'],
  ])('%s', (_, item, isReady, message) => {
    expect(podReadiness({ items: [item] })).toEqual([
      { namespace: 'default', name: 'web', node: 'worker1', ready: isReady, message },
    ]);
  });
});

describe('workloadReadiness', () => {
  const item = (kind: string, spec: object, status: object) => ({
    kind,
    metadata: { namespace: 'kube-system', name: 'x', generation: 2 },
    spec,
    status: { observedGeneration: 2, ...status },
  });
  test.each([
    ['a Deployment', item('Deployment', { replicas: 2 }, { updatedReplicas: 2, availableReplicas: 2 }), true],
    ['a Deployment with old pods', item('Deployment', { replicas: 2 }, { updatedReplicas: 1, availableReplicas: 2 }), false],
    [
      'a Deployment not looked at yet',
      item('Deployment', { replicas: 1 }, { observedGeneration: 1, updatedReplicas: 1, availableReplicas: 1 }),
      false,
    ],
    ['a Deployment scaled to none', item('Deployment', { replicas: 0 }, {}), true],
    ['a DaemonSet', item('DaemonSet', {}, { desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3 }), true],
    [
      'a DaemonSet on its way',
      item('DaemonSet', {}, { desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 2 }),
      false,
    ],
    ['a DaemonSet without a count', item('DaemonSet', {}, {}), false],
  ])('%s', (_, workload, isReady) => {
    expect(workloadReadiness({ items: [workload] })[0]?.ready).toBe(isReady);
  });
});

test('whatever a guest answers, no reader throws', () => {
  fc.assert(
    fc.property(fc.anything(), fc.array(fc.anything()), (value, items) => {
      for (const read of [nodeReadiness, podReadiness, workloadReadiness]) {
        read(value);
        expect(read({ items })).toHaveLength(items.length);
      }
    }),
  );
});
