import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { installPack, type InstallOptions } from '../../../src/labs/pack/install-pack.ts';
import { forgeArchive, sha256 } from './forge-pack.ts';
import { createInstallRig } from './install-rig.ts';
import { packYaml } from './sample-pack.ts';

describe('a pack from a file', () => {
  it('is the one that has the digest, even if somebody writes another one while it is looked at', async () => {
    const sound = forgeArchive([]);
    const rig = await createInstallRig({ 'a.tar.gz': sound });
    const options: InstallOptions = {
      ...rig.options(rig.path('a.tar.gz')),
      // Asked for once the archive was hashed, and before it is unpacked.
      get sha256() {
        writeFileSync(rig.path('a.tar.gz'), forgeArchive([], { 'pack.yaml': packYaml.replace('For a class', 'Evil') }));
        return sha256(sound);
      },
    };
    expect(await installPack(options)).toMatchObject({ end: 'installed', pack: { pack: { title: { en: 'For a class' } } } });
  });
});
