import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localRunner } from '../../src/exec/local.ts';
import { createKubectl, type Kubectl } from '../../src/kubernetes/kubectl.ts';
import { openDryRun } from '../../src/labs/dry-run.ts';

/**
 * Answers as an API server does: the first line of a manifest is the port that it asks for; it gives every answer another
 * uid and address, fills in the protocol, keeps what was applied, and takes no port above 65535. What has port 443 is
 * stored.
 */
const program = `#!/bin/sh
[ "$*" = "--kubeconfig /dev/null --namespace lab-x apply --dry-run=server -o json -f -" ] || exit 64
read -r port protocol
[ "$port" -le 65535 ] || { echo "The Service is invalid" >&2; exit 1; }
echo x >>"$0.count"
turn=$(wc -l <"$0.count")
[ "$port" != 443 ] || version='"resourceVersion": "7",'
cat <<JSON
{"kind": "Service", "spec": {"clusterIP": "10.96.0.$turn", "ports": [{"port": $port, "protocol": "\${protocol:-TCP}"}]},
 "metadata": {"name": "web", "uid": "u$turn", $version "annotations": {
  "kubectl.kubernetes.io/last-applied-configuration": "$port $protocol"}}}
JSON
`;

describe('a dry run of a changed manifest', () => {
  const place = { namespace: 'lab-x', fresh: true };
  let folder: string;
  let kubectl: Kubectl;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kubelab-dry-run-'));
    const file = join(folder, 'kubectl');
    await writeFile(file, program);
    await chmod(file, 0o755);
    kubectl = createKubectl({
      runner: localRunner(),
      kubeconfig: '/dev/null',
      signal: new AbortController().signal,
      program: file,
    });
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each([
    ['refused', 'what the server does not take', '65536\n'],
    ['same', 'what the server fills in itself', '80 TCP\n'],
    ['different', 'another value', '81\n'],
    ['different', 'what differs from what is filled in', '80 UDP\n'],
  ])('calls %s %s', async (verdict, _what, changed) => {
    const dryRun = await openDryRun(kubectl, place, '80\n');
    expect(await dryRun?.judge(changed)).toBe(verdict);
  });

  it('tells nothing where the manifest itself is refused', async () => {
    expect(await openDryRun(kubectl, place, '70000\n')).toBeUndefined();
  });

  it('tells nothing of what is there already where it was to be new', async () => {
    expect(await openDryRun(kubectl, place, '443\n')).toBeUndefined();
    expect(await openDryRun(kubectl, { ...place, fresh: false }, '443\n')).toBeDefined();
  });
});
