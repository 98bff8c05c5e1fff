import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createBundle } from '../../src/artifacts/bundle/create.ts';
import { createProgramRig } from '../rig/program.ts';
import { addLabs, createBundleRig } from './bundle-rig.ts';

test('bundle info shows what a bundle holds', async () => {
  const { bundle } = await createBundleRig();
  const rig = await createProgramRig();
  await copyFile(bundle, rig.path('class.kubelab'));
  const { exitCode, stdout } = await rig.run('bundle', 'info', 'class.kubelab');
  expect(exitCode).toBe(0);
  expect(stdout).toContain('Kubernetes 1.36.4, containerd 2.2.9, for amd64, built from Go modules. It holds the base box');
  expect(stdout).toMatch(/^images\/pause\.tar +v1\.2\.3 +8 B {2}go\.kubelab\.local\/pause:3\.10$/m);
  expect(stdout).toContain('other provision scripts');
  const { stdout: json } = await rig.run('bundle', 'info', 'class.kubelab', '--json');
  expect(JSON.parse(json)).toMatchObject({ data: { sameScripts: false, lock: { source: 'go', kubernetes: '1.36.4' } } });
});

test('bundle info and verify say which roles in labs a bundle has images for', async () => {
  const made = await createBundleRig();
  const rig = await createProgramRig();
  await copyFile(made.bundle, rig.path('plain.kubelab'));
  await createBundle(await addLabs(made));
  await copyFile(made.bundle, rig.path('class.kubelab'));
  const { stdout } = await rig.run('bundle', 'info', 'class.kubelab');
  expect(stdout).toContain('It holds images for labs: database.');
  expect(stdout).toMatch(/^images\/database\.tar +v1 +10 B {2}go\.kubelab\.local\/database:v1$/m);
  expect((await rig.run('bundle', 'info', 'plain.kubelab')).stdout).toContain('It holds no images for labs.');
  const verified = await rig.run('bundle', 'verify', 'class.kubelab');
  expect(verified.stdout).toContain('for amd64, images for labs (database), 7 files');
});

test('bundle verify says that a bundle is whole, or all that is wrong with it', async () => {
  const { bundle } = await createBundleRig();
  const rig = await createProgramRig();
  await copyFile(bundle, rig.path('class.kubelab'));
  const whole = await rig.run('bundle', 'verify', 'class.kubelab');
  expect(whole).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('class.kubelab is whole: Kubernetes 1.36.4 for amd64, 6 files'),
  });
  const bytes = await readFile(bundle);
  await writeFile(rig.path('class.kubelab'), bytes.subarray(0, bytes.byteLength - 1024));
  const cut = await rig.run('bundle', 'verify', 'class.kubelab');
  expect(cut).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('KL-BUNDLE-INVALID') });
  expect(cut.stderr).toContain(`it is cut after ${bytes.byteLength - 1024} bytes`);
});
