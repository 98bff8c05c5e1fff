import { renderDocuments } from './documents.ts';

/**
 * A kubeadm patch for CoreDNS: asked every second whether it is ready. kubeadm leaves that at ten seconds, and the first
 * answer, while it starts, is no: names would resolve only ten seconds later.
 */
export function renderCoreDnsPatch(): string {
  const containers = [{ name: 'coredns', readinessProbe: { periodSeconds: 1 } }];
  return renderDocuments([{ spec: { template: { spec: { containers } } } }]);
}
