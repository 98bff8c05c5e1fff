import { readFileSync } from 'node:fs';
import semver from 'semver';
import { describe, expect, it } from 'vitest';
import { parseApiFields } from '../../src/kubernetes/api-fields.ts';
import { findRemovedApi, newestKnownMinor, removedApis } from '../../src/kubernetes/removed-apis.ts';

const api = parseApiFields(readFileSync(new URL('../../labs/kubernetes-fields.json', import.meta.url), 'utf8'));
const minorOf = (version: string): number => Number(version.split('.')[1]);

describe('the fields of Kubernetes', () => {
  it('are of versions in order, up to the newest that the table of removed APIs knows', () => {
    expect(api.versions).toEqual(api.versions.toSorted((one, other) => semver.compare(`${one}.0`, `${other}.0`)));
    expect(minorOf(api.versions.at(-1) ?? '')).toBe(newestKnownMinor);
  });

  it('tell kinds in namespaces from those outside, and know since when', () => {
    expect(api.kinds.get('v1/Pod')).toEqual({ type: 'core.v1.Pod', namespaced: true, versions: api.versions });
    expect(api.kinds.get('v1/Namespace')?.namespaced).toBe(false);
    expect(api.kinds.get('batch/v1beta1/CronJob')?.versions).toEqual(['1.24']);
  });

  it('have shapes', () => {
    const pod = api.types.get('core.v1.PodSpec');
    expect(pod?.get('containers')?.shape).toEqual({ is: 'list', of: { is: 'object', type: 'core.v1.Container' } });
    expect(pod?.get('nodeSelector')?.shape).toEqual({ is: 'map', of: { is: 'scalar', value: 'text' } });
    expect(pod?.get('hostUsers')?.versions).toEqual(['1.30', '1.31', '1.36', '1.37']);
    expect(api.types.get('core.v1.ContainerPort')?.get('hostPort')?.shape).toEqual({ is: 'scalar', value: 'whole' });
    expect(pod?.get('hostNetwork')?.shape).toEqual({ is: 'scalar', value: 'truth' });
    const schema = api.types.get([...api.types.keys()].find((name) => name.endsWith('v1.JSONSchemaProps')) ?? '');
    expect(schema?.get('maximum')?.shape).toEqual({ is: 'scalar', value: 'number' });
    const mixed = { is: 'scalar', value: 'mixed' };
    expect(api.types.get('core.v1.ServicePort')?.get('targetPort')?.shape).toEqual(mixed);
    expect(api.types.get('core.v1.ResourceRequirements')?.get('limits')?.shape).toEqual({ is: 'map', of: mixed });
  });

  it('know what an API server refuses an object without, and nothing that it does not miss', () => {
    const asked = (type: string): string[] =>
      [...(api.types.get(type) ?? [])].flatMap(([name, { required }]) => (required ? [name] : []));
    expect(asked('apps.v1.Deployment')).toEqual(['spec']);
    expect(asked('apps.v1.DeploymentSpec')).toEqual(['selector', 'template']);
    expect(asked('apps.v1.StatefulSetSpec')).toEqual(['selector', 'template']);
    expect(asked('core.v1.Container')).toEqual(['name']);
    expect(asked('core.v1.ContainerPort')).toEqual(['containerPort']);
    expect(asked('core.v1.HTTPHeader')).toEqual(['name']);
    expect(asked('autoscaling.v2.HorizontalPodAutoscalerSpec')).toEqual(['maxReplicas', 'scaleTargetRef']);
    // These have defaults.
    expect(asked('rbac.v1.RoleRef')).toEqual(['kind', 'name']);
    expect(asked('scheduling.v1.PriorityClass')).toEqual([]);
    expect(asked('networking.v1.NetworkPolicySpec')).toEqual([]);
  });

  it('name only types that are there', () => {
    const known = new Set(api.types.keys());
    const named = [...api.types.values()].flatMap((fields) =>
      [...fields.values()].flatMap(({ shape }) => JSON.stringify(shape).match(/(?<="type":")[^"]+/g) ?? []),
    );
    expect(named.filter((type) => !known.has(type))).toEqual([]);
  });
});

describe('the table of removed APIs', () => {
  it('agrees with the versions that were looked at', () => {
    const wrong = removedApis.flatMap(({ apiVersion, kinds, removedIn }) =>
      kinds.filter(
        (kind) => api.kinds.get(`${apiVersion}/${kind}`)?.versions.some((version) => minorOf(version) >= removedIn) === true,
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('has every API that is gone from a later one of them', () => {
    const newest = api.versions.at(-1) ?? '';
    const gone = [...api.kinds].filter(([, { versions }]) => !versions.includes(newest)).map(([name]) => name);
    const split = (name: string): [string, string] => [
      name.slice(0, name.lastIndexOf('/')),
      name.slice(name.lastIndexOf('/') + 1),
    ];
    expect(gone.filter((name) => findRemovedApi(...split(name)) === undefined)).toEqual([]);
    expect(gone.length).toBeGreaterThan(5);
  });

  it('names what takes its place, as far as the versions know it', () => {
    const served = removedApis.filter(({ instead }) => instead !== undefined && !instead.startsWith('flowcontrol'));
    const unknown = served.flatMap(({ instead, kinds }) => kinds.filter((kind) => !api.kinds.has(`${instead}/${kind}`)));
    // Nobody keeps a TokenReview in a manifest, so that its group was not looked at.
    expect(unknown).toEqual(['TokenReview']);
  });
});
