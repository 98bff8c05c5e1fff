import type { BaseBox } from '../base-box.ts';
import type { SourceContext } from '../source.ts';
import { readBundleInfo } from './open.ts';
import { obtainBundleBase } from './source.ts';

/**
 * The base box of a bundle, if it is one of the box with this name. Nothing is unpacked before it is asked for.
 * @throws KubelabError `KL-BUNDLE-INVALID`
 */
export async function bundledBaseBox(
  context: SourceContext,
  options: { readonly file: string; readonly name: string },
): Promise<BaseBox | undefined> {
  const { base } = await readBundleInfo(options.file);
  if (base === undefined || base.key.replace(/-[0-9a-f]+$/, '') !== options.name) return undefined;
  return {
    kind: 'bundled',
    name: options.name,
    // Two bundles can hold different files under one key, and a box that was made here has that key, too.
    key: `${base.key}-${base.digest.slice('sha256:'.length, 'sha256:'.length + 8)}`,
    unpack: async () => {
      const unpacked = await obtainBundleBase(context, options);
      if (unpacked === undefined) throw new Error(`${options.file} held a base box a moment ago`);
      return unpacked.file;
    },
  };
}
