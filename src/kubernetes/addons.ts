import { type FlannelInput, flannelObjects } from './addons/flannel.ts';
import { type LocalPathInput, localPathObjects } from './addons/local-path.ts';
import { type MetricsServerInput, metricsServerObjects } from './addons/metrics-server.ts';
import { renderDocuments } from './documents.ts';

/** flannel's manifest, as YAML. Its API versions are served by every minor in the version table. */
export function renderFlannel(input: FlannelInput): string {
  return renderDocuments(flannelObjects(input));
}

/** metrics-server's manifest, as YAML. Its API versions are served by every minor in the version table. */
export function renderMetricsServer(input: MetricsServerInput): string {
  return renderDocuments(metricsServerObjects(input));
}

/** local-path-provisioner's manifest, as YAML. Its API versions are served by every minor in the version table. */
export function renderLocalPath(input: LocalPathInput): string {
  return renderDocuments(localPathObjects(input));
}
