import { readFileSync } from 'node:fs';
import { createFixture } from 'fs-fixture';
import { describe, expect, it } from 'vitest';
import { parseApiFields } from '../../src/kubernetes/api-fields.ts';
import { lintLab } from '../../src/labs/lint/lint-lab.ts';
import { loadLab } from '../../src/labs/load-lab.ts';

const api = parseApiFields(readFileSync(new URL('../../labs/kubernetes-fields.json', import.meta.url), 'utf8'));

/** A lab that uses most of what the format has. */
const nfs = `apiVersion: labpack/v1
kind: Lab
id: nfs-static-pv
version: 1.2.0
x-authors: [a teacher]
title: {en: "Static NFS volume", ko: "NFS 정적 볼륨"}
summary: {en: "A claim on a volume of NFS.", ko: "NFS 볼륨에 대한 클레임입니다."}
lang: {default: en, complete: [en, ko]}
minutes: 25
topics: [storage, pv, pvc, nfs]
objectives:
  - {id: bind, text: {en: "Bind a claim to an NFS volume", ko: "NFS 볼륨에 클레임을 바인딩한다"}}
requires:
  kubernetes: ">=1.31 <1.38"
  nodes: {controlPlane: 1, workers: 2}
  memoryMiB: 5120
  features: [kernel-nfs]
  images: [web, shell]
  internet: false
  providers: [libvirt, virtualbox, nspawn]
isolation: namespace
namespace: lab-nfs
vars:
  TOKEN: {random: hex8}
setup:
  - on: nfs-server
    run: |
      install -d -m 0777 /srv/nfs/lab && echo "$TOKEN" > /srv/nfs/lab/token.txt
steps:
  - id: claim
    title: {en: "Claim it", ko: "클레임 만들기"}
    goal: {en: "web-data is bound.", ko: "web-data가 바인딩됩니다."}
    minutes: 10
    points: 4
    objectives: [bind]
    checks:
      - id: pvc-bound
        points: 2
        object:
          apiVersion: v1
          kind: PersistentVolumeClaim
          name: web-data
          match: {spec: {accessModes: [ReadWriteMany]}, status: {phase: Bound}}
        within: 30s
        message:
          en: "PVC web-data is {{actual.status.phase|missing}}, expected Bound (ReadWriteMany)."
          ko: "PVC web-data 상태가 {{actual.status.phase|missing}} 입니다. Bound(ReadWriteMany)여야 합니다."
      - id: pv-is-nfs
        points: 2
        needs: [pvc-bound]
        object: {apiVersion: v1, kind: PersistentVolume, where: {spec.claimRef.name: web-data},
                 match: {spec: {nfs: {path: /srv/nfs/lab}}}}
        message: {en: "The bound volume is not the NFS export.", ko: "바인딩된 볼륨이 NFS 내보내기가 아닙니다."}
    hints:
      - {tier: 1, text: {en: "Which field ties a claim to one volume?", ko: "클레임을 특정 볼륨에 묶는 필드는?"}}
      - {tier: 2, when: {check: pv-is-nfs, is: notYet}, cost: 1,
         text: {en: "A default StorageClass may have answered first.", ko: "기본 StorageClass가 먼저 응답했을 수 있습니다."}}
    solve:
      - {apply: files/pv-pvc.yaml}
  - id: shared
    title: {en: "Share it", ko: "함께 쓰기"}
    goal: {en: "Two pods read one file.", ko: "두 파드가 파일 하나를 읽습니다."}
    minutes: 15
    points: 6
    checks:
      - id: two-nodes
        points: 2
        object: {apiVersion: v1, kind: Pod, labels: {app: web}, conditions: {Ready: "True"},
                 distinct: {path: spec.nodeName, atLeast: 2}}
        within: 90s
        holds: 10s
        message: {en: "Two ready pods on two nodes are needed.", ko: "서로 다른 두 노드에 준비된 파드가 필요합니다."}
      - id: same-bytes
        points: 4
        exec: {pods: {app: web}, all: true, command: [cat, /data/token.txt]}
        expect: {stdout: {equals: "\${TOKEN}"}}
        message: {en: "Not every pod reads the exported file.", ko: "모든 파드가 내보낸 파일을 읽지 못합니다."}
    guards:
      - id: export-alive
        run: {on: nfs-server, script: checks/export-alive.sh}
        message: {en: "The NFS export is gone. Reset this step.", ko: "NFS 내보내기가 사라졌습니다. 이 단계를 초기화하세요."}
    hints:
      - {tier: 1, text: {en: "What keeps pods apart?", ko: "파드를 떨어뜨리는 것은?"}}
    solve:
      - {apply: files/web.yaml}
reset: {also: [{on: nfs-server, run: "rm -rf /srv/nfs/lab"}]}
grade: {pass: 8, hidden: [checks/hidden/restart-keeps-data.yaml]}
upgrade:
  keep: [pvc-bound, same-bytes]
  during: {http: "http://web.lab-nfs/", every: 1s, maxGap: 20s}
test:
  wrong:
    - {id: emptydir, step: shared, do: [{apply: files/wrong/emptydir.yaml}], mustFail: [same-bytes]}
`;

describe('a lab with most of what there is', () => {
  it('is read as it is written', async () => {
    await using fixture = await createFixture({ 'nfs-static-pv': { 'lab.yaml': nfs } });
    const { lab } = await loadLab(fixture.getPath('nfs-static-pv'));
    expect(lab.requires).toMatchObject({ internet: false, providers: ['libvirt', 'virtualbox', 'nspawn'] });
    expect(lab.steps.map(({ points }) => points)).toEqual([4, 6]);
    expect(lab).not.toHaveProperty('x-authors');
    // The files that it names are not there, and nothing else is wrong with lab.yaml itself.
    const findings = await lintLab(fixture.getPath('nfs-static-pv'), 'nfs-static-pv', api);
    expect(new Set(findings.map(({ rule }) => rule))).toEqual(new Set(['LAB004', 'LAB011', 'LAB031']));
  });

  it.each([
    ['internet: false', 'internet: maybe', 'requires.internet: expected true or false, found "maybe"'],
    ['[libvirt, virtualbox, nspawn]', '[]', 'requires.providers: expected at least one provider'],
    ['nspawn]', 'docker]', 'requires.providers[2]: expected libvirt, virtualbox or nspawn, found "docker"'],
    ['points: 4\n    obj', 'points: -4\n    obj', 'steps[0].points: expected a whole number from 0 to 3000, found -4'],
    ['reset: {', 'reset: {strategy: namespace, ', 'reset: unknown key "strategy"'],
    ['on: nfs-server\n    run', 'on: host\n    run', 'setup[0].on: expected control-plane, workers, nodes, nfs-server, or'],
  ])('is refused with another value: %j', async (from, to, detail) => {
    expect(nfs).toContain(from);
    await using fixture = await createFixture({ 'nfs-static-pv': { 'lab.yaml': nfs.replace(from, to) } });
    await expect(loadLab(fixture.getPath('nfs-static-pv'))).rejects.toMatchObject({
      details: [expect.stringContaining(detail)],
    });
  });
});
