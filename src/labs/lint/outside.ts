import type { ApiFields } from '../../kubernetes/api-fields.ts';

/** The kinds outside of namespaces, by name alone. */
export function listClusterKinds({ kinds }: ApiFields): string[] {
  return [...kinds].filter(([, { namespaced }]) => !namespaced).map(([name]) => name.slice(name.lastIndexOf('/') + 1));
}

const shortNames: Readonly<Record<string, string>> = {
  CertificateSigningRequest: 'csr',
  CustomResourceDefinition: 'crd',
  Namespace: 'ns',
  Node: 'no',
  PersistentVolume: 'pv',
  PriorityClass: 'pc',
  StorageClass: 'sc',
  VolumeAttributesClass: 'vac',
};

/** Tells the kind outside of namespaces that a word means to kubectl: `pv`, `nodes` or `clusterroles.rbac.authorization.k8s.io`. */
export function readClusterKinds(api: ApiFields): (word: string) => string | undefined {
  const known = new Map(
    listClusterKinds(api).flatMap((kind) => {
      const singular = kind.toLowerCase();
      const plural = singular.endsWith('s')
        ? `${singular}es`
        : singular.endsWith('y')
          ? `${singular.slice(0, -1)}ies`
          : `${singular}s`;
      const short = shortNames[kind];
      const words = [singular, plural, ...(short === undefined ? [] : [short, `${short}s`])];
      return words.map((word) => [word, kind] as const);
    }),
  );
  return (word) => known.get(word.toLowerCase().split('.')[0] ?? '');
}

/** Whether kubectl is told with it to act in all namespaces. */
export function isEverywhere(word: string): boolean {
  return /^(?:-A|--all-namespaces(?:=true)?)$/.test(word);
}

/** The flags by which kubectl is told a namespace or an image, with what they are given. */
export function listToldFlags(
  words: readonly string[],
): { readonly index: number; readonly flag: string; readonly given: string }[] {
  return words.flatMap((word, index) => {
    const [, flag, value] = /^(--namespace|-n|--image)=?(.*)$/.exec(word) ?? [];
    const given = value === '' ? words[index + 1] : value;
    return flag === undefined || given === undefined || words.slice(0, index).includes('--') ? [] : [{ index, flag, given }];
  });
}

/** Without the command that kubectl runs in a container. */
export function ownWords(words: readonly string[]): readonly string[] {
  return words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
}
