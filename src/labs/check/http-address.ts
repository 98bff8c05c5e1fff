import type { z } from 'zod';
import { fieldAt, listAt, numberAt, textAt } from '../field-path.ts';
import type { checkFields } from '../lab-check.ts';
import type { Localized } from '../lab-fields.ts';
import type { LookPlace } from '../look.ts';
import { nounOf } from '../sentence.ts';
import { isReadyPod, nameOf, type KubeObject } from '../snapshot.ts';
import { nodesOf } from '../target.ts';

export type HttpCheck = NonNullable<z.output<typeof checkFields.http>>;

/** Where requests go, or what is missing for them. */
export interface HttpTarget {
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  /** The service or pod, where it is there. */
  readonly object?: KubeObject;
  /** Why there is no address yet. */
  readonly missing?: Localized;
}

/** Finds the address of what a check asks: of a service, a pod or nodes. @throws ApiError, TargetUnknown */
export async function findAddresses(check: HttpCheck, place: LookPlace): Promise<HttpTarget> {
  const { node, port } = check;
  if (node !== undefined) return { addresses: nodesOf(node, place.cluster).map(({ address }) => ({ host: address, port })) };
  const kind = check.service === undefined ? 'Pod' : 'Service';
  const name = check.service ?? check.pod ?? '';
  const namespace = check.namespace ?? place.namespace;
  const objects = await place.snapshot.list({ apiVersion: 'v1', kind, namespace });
  const object = objects.find((one) => nameOf(one) === name);
  if (object === undefined) return { addresses: [], missing: { en: `no ${kind} ${name}`, ko: `${name} ${nounOf(kind)} 없음` } };
  if (kind === 'Service') return findService(object, port, namespace, place);
  const host = textAt(object, 'status', 'podIP');
  if (host === '' || !isReadyPod(object))
    return { addresses: [], object, missing: { en: `Pod ${name} is not ready`, ko: `${name} 파드가 준비되지 않음` } };
  return { addresses: [{ host, port }], object };
}

async function findService(service: KubeObject, port: number, namespace: string, place: LookPlace): Promise<HttpTarget> {
  const without = (en: string, ko: string): HttpTarget => ({
    addresses: [],
    object: service,
    missing: { en: `Service ${nameOf(service)} has no ${en}`, ko: `${nameOf(service)} 서비스에 ${ko} 없음` },
  });
  const entry = listAt(service, 'spec', 'ports').find((one) => numberAt(one, 'port') === port);
  if (entry === undefined) return without(`port ${port}`, `포트 ${port}`);
  const host = textAt(service, 'spec', 'clusterIP');
  if (host !== 'None') {
    if (host === '') return without('cluster address', '클러스터 주소');
    return { addresses: [{ host, port }], object: service };
  }
  const slices = await place.snapshot.list({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', namespace });
  const own = slices.filter((slice) => fieldAt(slice, 'metadata', 'labels', 'kubernetes.io/service-name') === nameOf(service));
  const addresses = own.flatMap((slice) => readSlice(slice, textAt(entry, 'name')));
  if (addresses.length === 0) return without('endpoints', '엔드포인트');
  return { addresses: addresses.slice(0, 1), object: service };
}

/** Ready addresses; the port's number is that of the pods, which may differ from the service's. */
function readSlice(slice: KubeObject, portName: string): { readonly host: string; readonly port: number }[] {
  const entry = listAt(slice, 'ports').find((one) => textAt(one, 'name') === portName);
  if (entry === undefined) return [];
  return listAt(slice, 'endpoints')
    .filter((endpoint) => fieldAt(endpoint, 'conditions', 'ready') !== false)
    .flatMap((endpoint) => listAt(endpoint, 'addresses'))
    .filter((address): address is string => typeof address === 'string')
    .map((host) => ({ host, port: numberAt(entry, 'port') }));
}
