import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { renderInitialSpec } from '../../src/cluster/init-spec.ts';
import { loadSpec } from '../../src/cluster/load-spec.ts';
import { specJsonSchema } from '../../src/cluster/spec-json-schema.ts';

const text = renderInitialSpec({ name: 'study', schema: '/usr/lib/node_modules/kubelab/kubelab.schema.json' });
const uncommented = text.replaceAll(/^( *)#(?=\S)/gm, '$1');
const defaults = loadSpec('name: study', 'kubelab.yaml');

describe('renderInitialSpec', () => {
  it('names the schema in its first line', () => {
    expect(text.split('\n', 1)).toEqual(['# yaml-language-server: $schema=/usr/lib/node_modules/kubelab/kubelab.schema.json']);
  });

  it('makes a URL of a path with a space', () => {
    expect(renderInitialSpec({ name: 'study', schema: '/home/an na/kubelab.schema.json' })).toContain(
      '$schema=file:///home/an%20na/kubelab.schema.json\n',
    );
  });

  it('is a spec that has the defaults', () => {
    expect(loadSpec(text, 'kubelab.yaml')).toEqual(defaults);
  });

  it('is still that spec when every field is uncommented, but for the patches, which have no default', () => {
    expect(loadSpec(uncommented, 'kubelab.yaml')).toEqual({
      ...defaults,
      kubeadm: { ...defaults.kubeadm, patches: './kubeadm-patches' },
    });
  });

  it('shows every field of the format', () => {
    const { properties } = specJsonSchema() as { properties: Record<string, { properties?: object }> };
    const shown = parse(uncommented) as Record<string, object>;
    expect(Object.keys(shown).toSorted()).toEqual(Object.keys(properties).toSorted());
    for (const name of ['controlPlane', 'workers', 'storage', 'network', 'kubeadm'])
      expect(Object.keys(shown[name]!).toSorted(), name).toEqual(Object.keys(properties[name]!.properties!).toSorted());
  });

  it('takes a version', () => {
    expect(loadSpec(renderInitialSpec({ name: 'lab', schema: 'x', kubernetes: '1.30' }), 'kubelab.yaml')).toMatchObject({
      name: 'lab',
      kubernetes: '1.30',
    });
  });

  it('has no line that is wider than an editor', () => {
    expect(text.split('\n').filter((line) => line.length > 130)).toEqual([]);
  });
});
