import { createFixture } from 'fs-fixture';
import { describe, expect, it } from 'vitest';
import { findLab, findLabs } from '../../src/labs/find-labs.ts';
import { sampleYaml } from './sample-lab.ts';

const lab = (id: string) => ({ 'lab.yaml': sampleYaml.replace('id: first-pod', `id: ${id}`) });

function places() {
  return createFixture({
    package: {
      labs: { 'lab.schema.json': '{}', 'first-pod': lab('first-pod'), broken: { 'lab.yaml': 'id: Broken' }, moved: lab('other') },
    },
    state: {
      packs: {
        class: {
          '1.2.0': { labs: { 'first-pod': lab('first-pod'), volumes: lab('volumes') } },
          '1.10.0': { labs: { volumes: lab('volumes') } },
        },
        notes: { draft: {} },
      },
    },
  });
}

describe('findLabs', () => {
  it('finds labs that kubelab ships and labs of packs, and keeps what is wrong to each', async () => {
    await using fixture = await places();
    const found = await findLabs({ package: fixture.getPath('package'), state: fixture.getPath('state') });
    expect(found.map(({ id, origin, error }) => [id, origin, error?.details.length])).toEqual([
      ['broken', { kind: 'shipped' }, 9],
      ['first-pod', { kind: 'shipped' }, undefined],
      ['moved', { kind: 'shipped' }, 1],
      ['volumes', { kind: 'pack', pack: 'class', version: '1.10.0' }, undefined],
      ['first-pod', { kind: 'pack', pack: 'class', version: '1.2.0' }, undefined],
      ['volumes', { kind: 'pack', pack: 'class', version: '1.2.0' }, undefined],
    ]);
    expect(found[2]?.error?.details).toEqual([
      'labs/moved/lab.yaml:3:5 id: expected moved, as the folder is called, found other',
    ]);
  });

  it('finds nothing where nothing is', async () => {
    expect(await findLabs({ package: '/no/such', state: '/no/such' })).toEqual([]);
  });
});

describe('findLab', () => {
  it('takes an id, or a pack and an id', async () => {
    await using fixture = await places();
    const at = { package: fixture.getPath('package'), state: fixture.getPath('state') };
    expect((await findLab(at, 'first-pod')).origin).toEqual({ kind: 'shipped' });
    expect((await findLab(at, 'class/first-pod')).origin).toEqual({ kind: 'pack', pack: 'class', version: '1.2.0' });
    expect((await findLab(at, 'volumes')).origin).toEqual({ kind: 'pack', pack: 'class', version: '1.10.0' });
  });

  it('does not guess which of two packs is meant', async () => {
    await using fixture = await places();
    for (const id of ['volumes', 'first-pod']) {
      await fixture.mkdir(`state/packs/other/1.0.0/labs/${id}`);
      await fixture.writeFile(`state/packs/other/1.0.0/labs/${id}/lab.yaml`, lab(id)['lab.yaml']);
    }
    const at = { package: fixture.getPath('package'), state: fixture.getPath('state') };
    await expect(findLab(at, 'volumes')).rejects.toMatchObject({
      code: 'KL-LAB-UNKNOWN',
      cure: 'Say which: class/volumes or other/volumes.',
    });
    expect((await findLab(at, 'other/volumes')).origin).toMatchObject({ pack: 'other' });
    expect((await findLab(at, 'first-pod')).origin).toEqual({ kind: 'shipped' });
  });

  it('names the nearest one when there is none, and what is wrong when it is not sound', async () => {
    await using fixture = await places();
    const at = { package: fixture.getPath('package'), state: fixture.getPath('state') };
    await expect(findLab(at, 'frist-pod')).rejects.toMatchObject({
      code: 'KL-LAB-UNKNOWN',
      details: ['Did you mean first-pod?'],
    });
    await expect(findLab(at, '../../etc')).rejects.toMatchObject({ code: 'KL-LAB-UNKNOWN', details: [] });
    await expect(findLab(at, 'broken')).rejects.toMatchObject({ code: 'KL-LAB-INVALID' });
  });
});
