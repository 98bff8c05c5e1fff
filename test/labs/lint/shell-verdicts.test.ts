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
    'kubeadm certs check-expiration',
    'kubeadm config images list',
    'kubeadm upgrade plan',
    'kubeadm token list',
    'wipefs /dev/sdb',
    'wipefs -n --types=vfat /dev/sdb',
    'nsenter -t 1 -m -n ip addr',
    'nsenter -mt 1 -- cat /etc/hosts',
    'systemd-run --unit rm -p MemoryMax=1M --pipe cat /x',
    'chroot /host cat rm',
    'curl -sf http://x/rm',
    'curl -so /dev/null -w "%{http_code}" http://x',
    'curl -sSfo- -H "A: -XDELETE" http://x',
    'curl -XGET --output "$out" http://x',
    'curl -G -d a=b http://x',
    'curl -o /tmp/x http://x',
    'curl --output-dir /tmp -O http://x',
    'wget -qO- http://x',
    'wget -q -O /dev/null -T 5 http://x',
    'wget -q --spider http://x',
    'wget -P /tmp/x http://x',
    'wget --version',
    'tar -tf x.tar',
    'tar tzf x.tar',
    'tar -cf - /etc',
    'tar -xOf x.tar etc/hosts',
    'tar -C /tmp/x -xzf x.tar',
    'tar xf x.tar -C "$dir"',
    'tar -tfx',
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
    'kubeadm reset -f',
    'kubeadm --v=5 init',
    'kubeadm join 10.0.0.1:6443',
    'kubeadm upgrade apply v1.36.0 -y',
    'kubeadm upgrade node',
    'kubeadm certs renew all',
    'kubeadm token create',
    'wipefs -a /dev/sdb',
    'wipefs -fa /dev/sdb',
    'wipefs --all /dev/sdb',
    'nsenter -t 1 -m -- rm x',
    'nsenter --target 1 --mount rm x',
    'nsenter -mt 1 rm x',
    'systemd-run --wait -p MemoryMax=1M rm x',
    'systemd-run --unit x --on-active=5 rm x',
    'chroot /host rm x',
    'sudo nsenter -t 1 -m timeout 5 rm x',
    'xargs -P 4 -n 1 rm',
    'curl -X DELETE http://x',
    'curl -sfXPOST http://x',
    'curl --request=PUT http://x',
    'curl --request PATCH http://x',
    'curl -d a=b http://x',
    'curl -o /etc/x http://x',
    'curl -fsSLo /etc/x http://x',
    'curl --output /tmp/../etc/x http://x',
    'curl --output-dir /etc -o x http://x',
    'curl -o x http://x',
    'curl -O http://x',
    'curl -D /etc/x http://x',
    'wget -O /etc/x http://x',
    'wget -qO/etc/x http://x',
    'wget --output-document=/etc/x http://x',
    'wget http://x',
    'wget -qO- --post-data=a http://x',
    'tar -C / -xf x.tar',
    'tar xf x.tar',
    'tar -xzf x.tar -C /tmp/../etc',
    'tar --extract --file x.tar --directory /etc',
  ])('refuses %s', (script) => {
    expect(changesSomething(first(script))).toBeDefined();
  });
});

describe('verdicts on words that are made to take long', () => {
  it.each(['env ', 'A=1 ', 'timeout 5 ', 'nice -n 5 ', 'nsenter -t 1 '])(
    'look through %j once, however often it stands there',
    async (word) => {
      const command = first(`${word.repeat(200_000 / word.length)}curl http://x`);
      expect(downloads(command)).toBe(true);
      expect(await processorTime(() => void downloads(command))).toBeLessThan(2000);
    },
  );

  it.each([
    ['sed', 'i', '\n'],
    ['sysctl', '=', '\n'],
    ['wget', 'T', '\n'],
    ['wipefs', 'n', '!'],
    ['nsenter', 't', '!'],
    ['curl', 's', '!'],
    ['tar', 'z', '!'],
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
    'systemd-run --unit x sleep infinity',
  ])('takes %s', (script) => {
    expect(waitsWithoutLimit(first(script))).toBeUndefined();
  });

  it.each([
    'curl http://x',
    'wget -qO- http://x',
    'nc x 80',
    'ping x',
    'sleep infinity',
    'systemd-run --wait -u x sleep infinity',
    'nsenter -t 1 -n curl http://x',
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
    ["nsenter -t 1 sh -c 'a'", 5, 'a'],
    ["ssh web 'a; b'", 2, 'a; b'],
    ['timeout 5 ssh -i key -o BatchMode=yes -p22 root@web -t rm -f x', 10, 'rm -f x'],
  ])('%s', (script, index, text) => {
    expect(findGivenScript(first(script))).toMatchObject({ index, text, limited: script.includes('timeout') });
  });

  it.each(['sh x.sh', 'sh -e x.sh -c y', 'sh -c', 'bash --rcfile x', 'grep -c x y', 'sh -o noclobber', 'ssh web', 'ssh -p 22'])(
    'none: %s',
    (script) => {
      expect(findGivenScript(first(script))).toBeUndefined();
    },
  );
});
