import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createFixture } from 'fs-fixture';
import { describe, expect, it } from 'vitest';
import { cloudSeedFiles, cloudSeedImage, vagrantPublicKey } from '../../../src/providers/vagrant/cloud-seed.ts';
import { makeIsoImage } from '../../../src/providers/vagrant/iso-image.ts';

const sector = 2048;

/** Reads an image as ECMA-119 has it: the files of the tree that a descriptor leads to. */
function readTree(image: Buffer, descriptor: number, decode: (id: Buffer) => string): Record<string, string> {
  const volume = image.subarray(descriptor * sector, (descriptor + 1) * sector);
  expect(volume.toString('latin1', 1, 6)).toBe('CD001');
  expect(volume.readUInt32LE(80) * sector).toBe(image.length);
  const root = volume.subarray(156);
  const start = root.readUInt32LE(2) * sector;
  const end = start + root.readUInt32LE(10);
  const files: Record<string, string> = {};
  for (let at = start; at < end && (image[at] ?? 0) > 0; at += image[at] ?? 0) {
    const entry = image.subarray(at, at + (image[at] ?? 0));
    // What is there twice is the same both times.
    expect(entry.readUInt32LE(2)).toBe(entry.readUInt32BE(6));
    expect(entry.readUInt32LE(10)).toBe(entry.readUInt32BE(14));
    if (((entry[25] ?? 0) & 2) !== 0) continue;
    const content = image.subarray(entry.readUInt32LE(2) * sector, entry.readUInt32LE(2) * sector + entry.readUInt32LE(10));
    files[decode(entry.subarray(33, 33 + (entry[32] ?? 0)))] = content.toString('utf8');
  }
  return files;
}

const joliet = (id: Buffer): string => Buffer.from(id).swap16().toString('utf16le');

describe('an image of a disc', () => {
  const long = 'x'.repeat(5000);
  const files = { 'user-data': 'one\n', 'meta-data': long, empty: '' };

  it('has the files in both of its trees', () => {
    const image = makeIsoImage('cidata', files);
    expect(readTree(image, 17, joliet)).toEqual(files);
    expect(readTree(image, 16, (id) => id.toString('latin1'))).toEqual({
      'USER-DATA;1': 'one\n',
      'META-DATA;1': long,
      'EMPTY;1': '',
    });
    expect(image.subarray(18 * sector, 18 * sector + 6)).toEqual(Buffer.from([255, ...Buffer.from('CD001')]));
  });

  it('is the same for the same files', () => {
    expect(makeIsoImage('cidata', files)).toEqual(makeIsoImage('cidata', files));
  });

  const blkid = '/usr/sbin/blkid';
  it.skipIf(spawnSync(blkid, ['--version']).status !== 0)('has the label that cloud-init looks for', async () => {
    await using folder = await createFixture({ 'seed.iso': cloudSeedImage(vagrantPublicKey) });
    const { stdout } = spawnSync(blkid, ['-p', '-o', 'export', folder.getPath('seed.iso')], { encoding: 'utf8' });
    expect(stdout).toContain('LABEL=cidata\n');
    expect(stdout).toContain('TYPE=iso9660\n');
  });
});

describe('the seed of cloud-init', () => {
  it('makes the user whose key every Vagrant has, and runs once', () => {
    const { 'user-data': text } = cloudSeedFiles('ssh-rsa AAAA "quoted" #comment');
    expect(text.startsWith('#cloud-config\n')).toBe(true);
    expect(text).toContain('- name: vagrant\n');
    expect(text).toContain('- "ssh-rsa AAAA \\"quoted\\" #comment"\n');
    expect(text).toContain('/etc/cloud/cloud-init.disabled');
    expect(text).not.toContain('\r');
  });

  it('has the key that the base box of kubelab has', async () => {
    expect(await readFile('provision/05-vm.sh', 'utf8')).toContain(`\n${vagrantPublicKey}\n`);
  });
});
