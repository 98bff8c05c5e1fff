import { describe, expect, it } from 'vitest';
import { readShell } from '../../../src/labs/lint/shell-commands.ts';
import { changesSomething, downloads, findGivenScript, waitsWithoutLimit } from '../../../src/labs/lint/shell-verdicts.ts';
import { processorTime } from './processor-time.ts';

const first = (script: string) => readShell(script).commands[0]!;

describe('changesSomething', () => {
  it.each([
    'kubectl get pods -o yaml',
    'kubectl -n apply get pods',
    'kubectl rollout status deployment/web --timeout=5s',
    'kubectl config view',
    'systemctl is-active kubelet',
    'systemctl status kubelet 2>/dev/null',
    'grep -q x /etc/hosts >/dev/null 2>&1',
    'sed -n "s/a/b/p" /etc/hosts',
    'ip -j addr show eth0',
    'iptables -S',
    'find /var -name x',
    'crictl ps',
    'rmtool x',
    'etcdctl endpoint health',
  ])('takes %s', (script) => {
    expect(changesSomething(first(script))).toBeUndefined();
  });

  it.each([
    'kubectl -n x apply -f y',
    'kubectl --namespace=x scale deployment web --replicas=2',
    'kubectl rollout restart deployment/web',
    'kubectl config set-context x',
    'timeout -k 1 5 kubectl label pod web a=b',
    'LANG=C /usr/bin/rm -f x',
    'sudo -u root systemctl restart kubelet',
    'env A=b systemctl daemon-reload',
    'sed -i s/a/b/ x',
    'sed -ni.bak p x',
    'ip link set eth0 down',
    'iptables -A INPUT -j DROP',
    'find / -name x -delete',
    'echo x > y',
    'echo x >> /etc/hosts',
    'xargs rm',
    'eval "$x"',
    'sysctl -w a=1',
  ])('refuses %s', (script) => {
    expect(changesSomething(first(script))).toBeDefined();
  });
});

describe('verdicts on words that are made to take long', () => {
  it.each(['env ', 'A=1 ', 'timeout 5 ', 'nice -n 5 '])('look through %j once, however often it stands there', async (word) => {
    const command = first(`${word.repeat(200_000 / word.length)}curl http://x`);
    expect(downloads(command)).toBe(true);
    expect(await processorTime(() => void downloads(command))).toBeLessThan(2000);
  });

  it.each([
    ['sed', 'i', '\n'],
    ['sysctl', '=', '\n'],
    ['wget', 'T', '\n'],
    ['journalctl', 'f', '!'],
    ['kubectl exec', 'i', '!'],
  ])('are quick about %s -%s...%j', async (name, letter, end) => {
    const command = first(`${name} '-${letter.repeat(100_000)}${end}'`);
    const work = () => void [changesSomething(command), waitsWithoutLimit(command)];
    expect(await processorTime(work)).toBeLessThan(2000);
  });

  it('know no command by a name that every object has', () => {
    expect(changesSomething(first('toString x'))).toBeUndefined();
  });
});

describe('waitsWithoutLimit', () => {
  it('leaves to whoever ends the wait what would end at all', () => {
    expect(waitsWithoutLimit(first('wget -qO- http://x'), true)).toBeUndefined();
    expect(waitsWithoutLimit(first('curl http://x'), true)).toBeDefined();
  });

  it.each([
    'curl -m5 http://x',
    'curl -fsSm 5 http://x',
    'curl --max-time=5 http://x',
    'timeout 5 curl http://x',
    'wget -qO- -T 5 http://x',
    'ping -c1 x',
    'sleep 5',
    'tail -n 5 x',
    'kubectl logs web --tail=5',
    'kubectl wait --for=condition=Ready pod/web',
    'kubectl exec web -- tail -f x',
    'timeout 5 kubectl get pods -w',
  ])('takes %s', (script) => {
    expect(waitsWithoutLimit(first(script))).toBeUndefined();
  });

  it.each([
    'curl http://x',
    'wget -qO- http://x',
    'nc x 80',
    'ping x',
    'sleep infinity',
    'sleep 1h',
    'tail -F x',
    'journalctl -fu kubelet',
    'kubectl logs -f web',
    'kubectl get pods --watch',
    'kubectl exec -it web -- sh',
    'kubectl port-forward web 80',
    'kubectl rollout status deployment/web',
  ])('refuses %s', (script) => {
    expect(waitsWithoutLimit(first(script))).toBeDefined();
  });
});

describe('findGivenScript', () => {
  it.each([
    ["sh -c 'a; b' x", 2, 'a; b'],
    ["/bin/bash -ec 'a'", 2, 'a'],
    ["ash -c -e 'a'", 3, 'a'],
    ["bash --norc -euo pipefail -c 'a'", 5, 'a'],
    ["env A=b timeout 5 busybox sh +x -c -- 'a'", 9, 'a'],
  ])('%s', (script, index, text) => {
    expect(findGivenScript(first(script))).toMatchObject({ index, text, limited: script.includes('timeout') });
  });

  it.each(['sh x.sh', 'sh -e x.sh -c y', 'sh -c', 'bash --rcfile x', 'grep -c x y', 'sh -o noclobber'])('none: %s', (script) => {
    expect(findGivenScript(first(script))).toBeUndefined();
  });
});
