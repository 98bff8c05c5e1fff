import { isKnownBox, knownBoxes } from '../artifacts/cloud-images.ts';
import { KubelabError } from '../errors/errors.ts';
import type { Spec } from './spec.ts';
import type { YamlPath } from './yaml-document.ts';

/** A field that the format has, and what of it this version can not do. */
interface Limit {
  readonly path: YamlPath;
  /** Whether the spec asks for what is not there. */
  asks(spec: Spec): boolean;
  /** What is not there, and what to write in its place. */
  say(spec: Spec): string;
}

const readyAddons: readonly string[] = ['metrics-server', 'local-path'];

const limits: readonly Limit[] = [
  {
    path: ['source', 'mirror'],
    asks: ({ source }) => typeof source === 'object' && 'mirror' in source,
    say: () => 'a mirror is not there yet; use auto, upstream, go or {bundle: FILE}',
  },
  {
    path: ['source', 'bundle'],
    asks: ({ source }) => typeof source === 'object' && 'bundle' in source && /^[a-z][a-z0-9+.-]*:\/\//i.test(source.bundle),
    say: () => 'a bundle by URL is not there yet; download it and name the file',
  },
  {
    path: ['controlPlane', 'endpoint'],
    asks: ({ controlPlane }) => controlPlane.endpoint === 'kube-vip',
    say: () => 'kube-vip is not there yet; use auto or haproxy',
  },
  {
    path: ['workers', 'disks'],
    asks: ({ workers }) => workers.disks.length > 0,
    say: () => 'extra disks are not there yet; remove the field or write []',
  },
  {
    path: ['storage', 'count'],
    asks: ({ storage }) => storage.count > 0,
    say: () => 'a storage node is not there yet; use 0',
  },
  {
    path: ['runtime'],
    asks: ({ runtime }) => runtime.name !== 'containerd',
    say: ({ runtime }) => `the runtime ${runtime.name} is not there yet; use containerd`,
  },
  {
    path: ['network', 'plugin'],
    asks: ({ network }) => network.plugin === 'calico',
    say: () => 'the plugin calico is not there yet; use flannel, or none and install it yourself',
  },
  {
    path: ['addons'],
    asks: ({ addons }) => addons.some((name) => !readyAddons.includes(name)),
    say: ({ addons }) => {
      const missing = addons.filter((name) => !readyAddons.includes(name));
      return `${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not there yet; use only ${readyAddons.join(' and ')}`;
    },
  },
  {
    path: ['box'],
    asks: ({ box }) => typeof box === 'string' && !isKnownBox(box) && !/^(?:\.?\.?[/\\]|[A-Za-z]:[/\\])/.test(box),
    say: ({ box }) =>
      typeof box === 'string' && /^https?:/.test(box)
        ? 'a URL has to come with the digest of what is there: {url: URL, digest: "sha256:..."}'
        : `this box is not known; use ${knownBoxes.join(', ')}, {url: URL, digest: DIGEST}, or a local file or folder by a path that begins with ./ or /`,
  },
];

// Each line begins with its place, so that comparing numbers as numbers puts them in the order of the file.
const fileOrder = new Intl.Collator('en', { numeric: true });

/**
 * Refuses what the format allows and this version can not do: a field is never ignored.
 * @param locate the place of a field as people read it, such as `kubelab.yaml:7:11`.
 * @throws KubelabError `KL-SPEC-UNSUPPORTED` with all such fields at once.
 */
export function checkSupported(spec: Spec, locate: (path: YamlPath) => string): void {
  const details = limits
    .filter((limit) => limit.asks(spec))
    .map((limit) => `${locate(limit.path)} ${limit.path.join('.')}: ${limit.say(spec)}`);
  if (details.length === 0) return;
  details.sort(fileOrder.compare);
  const fields = details.length === 1 ? '1 field' : `${details.length} fields`;
  throw new KubelabError(
    'KL-SPEC-UNSUPPORTED',
    `${fields} of the spec ask${details.length === 1 ? 's' : ''} for what kubelab can not do yet`,
    { details },
  );
}
