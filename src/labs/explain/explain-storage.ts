import { parseQuantity } from '../../kubernetes/quantity.ts';
import { type Explain, type Explainer } from './explainer.ts';
import { fieldAt, listAt, textAt, textsAt, valueText } from '../field-path.ts';
import type { Localized } from '../lab-fields.ts';
import { say, subjectFor, subjectOf } from '../sentence.ts';
import { hasLabels, nameOf, namespaceOf, type KubeObject } from '../snapshot.ts';

const defaultClass = 'storageclass.kubernetes.io/is-default-class';

/** A claim, its class or the volume that it could have. */
export const explainClaim: Explain = async (claim, explainer) => {
  const phase = textAt(claim, 'status', 'phase');
  if (phase === 'Bound') return [];
  if (phase === 'Lost')
    return [say(subjectFor(claim), 'has lost its volume, which is gone', '연결된 볼륨이 사라져 볼륨을 잃었습니다')];
  const own = say(subjectFor(claim), 'has no volume yet', '아직 볼륨과 연결되지 않았습니다');
  const volumes = await explainer.list('v1', 'PersistentVolume');
  const named = textAt(claim, 'spec', 'volumeName');
  if (named !== '') return [own, explainNamed(claim, named, volumes)];
  const name = fieldAt(claim, 'spec', 'storageClassName');
  const classes = await explainer.list('storage.k8s.io/v1', 'StorageClass');
  const className = typeof name === 'string' ? name : nameOf(classes.find(isDefault));
  if (className !== '') {
    const found = classes.find((one) => nameOf(one) === className);
    if (found !== undefined) return [own, ...(await explainClass(claim, found, explainer, volumes))];
  }
  const near = explainOwnClass(claim, className, volumes);
  if (near !== undefined) return [own, near];
  return [own, sayNoClass(claim, className, name !== undefined), ...explainOtherClass(claim, className, volumes)];
};

/** A volume that nobody can have, or that nobody has. */
export const explainVolume: Explain = async (volume) => {
  const phase = textAt(volume, 'status', 'phase');
  const claim = `${textAt(volume, 'spec', 'claimRef', 'namespace')}/${textAt(volume, 'spec', 'claimRef', 'name')}`;
  if (phase === 'Released')
    return [
      say(
        subjectFor(volume),
        `still belongs to the claim ${claim}, which is gone`,
        `이미 사라진 클레임(${claim})에 여전히 속해 있습니다`,
      ),
    ];
  if (phase === 'Failed') return [say(subjectFor(volume), 'has failed', '실패했습니다', textAt(volume, 'status', 'message'))];
  return phase === 'Available'
    ? [say(subjectFor(volume), 'is not bound to any claim', '어떤 클레임과도 연결되어 있지 않습니다')]
    : [];
};

function isDefault(one: KubeObject): boolean {
  return fieldAt(one, 'metadata', 'annotations', defaultClass) === 'true';
}

function sayNoClass(claim: KubeObject, className: string, asked: boolean): Localized {
  if (className !== '')
    return say(
      subjectOf('StorageClass', className),
      'does not exist, and no PersistentVolume of that class is free; the claim asks for it',
      '없고, 이 클래스의 비어 있는 퍼시스턴트볼륨도 없는데 클레임이 요청하고 있습니다',
    );
  return asked
    ? say(
        subjectFor(claim),
        'asks for a volume without a class, and none is free',
        '클래스가 없는 볼륨을 요청하지만 비어 있는 볼륨이 없습니다',
      )
    : say(
        subjectFor(claim),
        'names no storage class, the cluster has no default one, and no volume is free',
        '스토리지클래스를 지정하지 않았고, 클러스터에 기본 스토리지클래스도, 비어 있는 볼륨도 없습니다',
      );
}

function explainNamed(claim: KubeObject, name: string, volumes: readonly KubeObject[]): Localized {
  const volume = volumes.find((one) => nameOf(one) === name);
  if (volume === undefined)
    return say(
      subjectOf('PersistentVolume', name),
      'does not exist, and the claim names it',
      '없는데 클레임이 지정하고 있습니다',
    );
  const holder = holderOf(volume);
  if (holder !== '' && holder !== holderName(claim))
    return say(subjectFor(volume), `belongs to another claim, ${holder}`, `다른 클레임(${holder})에 속해 있습니다`);
  return explainMisfit(claim, volume) ?? say(subjectFor(volume), 'is not bound yet', '아직 연결되지 않았습니다');
}

async function explainClass(
  claim: KubeObject,
  storageClass: KubeObject,
  explainer: Explainer,
  volumes: readonly KubeObject[],
): Promise<readonly Localized[]> {
  const failed = await explainer.event(claim, ['ProvisioningFailed']);
  const subject = subjectFor(storageClass);
  if (failed !== undefined) return [say(subject, 'could not make a volume', '볼륨을 만들지 못했습니다', failed)];
  const waits = textAt(storageClass, 'volumeBindingMode') === 'WaitForFirstConsumer';
  if (waits && fieldAt(claim, 'metadata', 'annotations', 'volume.kubernetes.io/selected-node') === undefined) {
    const pods = (await explainer.list('v1', 'Pod', namespaceOf(claim))).filter((pod) => usesClaim(pod, nameOf(claim)));
    if (pods[0] !== undefined) return explainer.explain(pods[0]);
    return [
      say(
        subject,
        'makes a volume only when a pod uses the claim, and none does',
        '클레임을 사용하는 파드가 있어야 볼륨을 만드는데, 그런 파드가 없습니다',
      ),
    ];
  }
  const near = explainOwnClass(claim, nameOf(storageClass), volumes);
  if (near !== undefined) return [near];
  const provisioner = textAt(storageClass, 'provisioner');
  return provisioner === 'kubernetes.io/no-provisioner'
    ? [
        say(subject, 'makes no volumes itself, and none is free', '스스로 볼륨을 만들지 않으며, 비어 있는 볼륨도 없습니다'),
        ...explainOtherClass(claim, nameOf(storageClass), volumes),
      ]
    : [
        say(
          subject,
          `has asked ${provisioner} for a volume, and nothing came yet`,
          `${provisioner} 프로비저너에 볼륨을 요청했지만 아직 응답이 없습니다`,
        ),
      ];
}

function usesClaim(pod: KubeObject, name: string): boolean {
  return listAt(pod, 'spec', 'volumes').some((volume) => textAt(volume, 'persistentVolumeClaim', 'claimName') === name);
}

function holderOf(volume: KubeObject): string {
  const name = textAt(volume, 'spec', 'claimRef', 'name');
  return name === '' ? '' : `${textAt(volume, 'spec', 'claimRef', 'namespace')}/${name}`;
}

function holderName(claim: KubeObject): string {
  return `${namespaceOf(claim)}/${nameOf(claim)}`;
}

function isFree(volume: KubeObject, claim: KubeObject): boolean {
  return holderOf(volume) === '' || holderOf(volume) === holderName(claim);
}

/** Why no volume of the claim's class fits: of those that are free the first, else of those that somebody had. */
function explainOwnClass(claim: KubeObject, className: string, volumes: readonly KubeObject[]): Localized | undefined {
  const own = volumes.filter((one) => textAt(one, 'spec', 'storageClassName') === className);
  const free = own.filter((one) => isFree(one, claim));
  const misfit = free.map((volume) => explainMisfit(claim, volume)).find((found) => found !== undefined);
  const released = own.find((one) => textAt(one, 'status', 'phase') === 'Released');
  if (misfit !== undefined || free.length > 0 || released === undefined) return misfit;
  const holder = holderOf(released);
  return say(subjectFor(released), `still belongs to the claim ${holder}`, `여전히 클레임(${holder})에 속해 있습니다`);
}

/** A volume that would fit but for its class. */
function explainOtherClass(claim: KubeObject, className: string, volumes: readonly KubeObject[]): readonly Localized[] {
  const volume = volumes.find((one) => isFree(one, claim) && explainMisfit(claim, one) === undefined);
  if (volume === undefined) return [];
  const [its, asked] = [textAt(volume, 'spec', 'storageClassName') || '""', className || '""'];
  const en = `is of the class ${its}, the claim is of the class ${asked}`;
  return [say(subjectFor(volume), en, `의 클래스가 ${its}인데, 클레임의 클래스는 ${asked}입니다`)];
}

/** What a claim asks for that a volume does not have. */
function explainMisfit(claim: KubeObject, volume: KubeObject): Localized | undefined {
  const subject = subjectFor(volume);
  const wanted = textAt(claim, 'spec', 'resources', 'requests', 'storage');
  const size = textAt(volume, 'spec', 'capacity', 'storage');
  if ((parseQuantity(size) ?? 0n) < (parseQuantity(wanted) ?? 0n))
    return say(
      subject,
      `has ${size}, less than the ${wanted} that the claim asks for`,
      `의 크기(${size})가 클레임이 요청한 크기(${wanted})보다 작습니다`,
    );
  const offered = listAt(volume, 'spec', 'accessModes');
  const mode = valueText(listAt(claim, 'spec', 'accessModes').find((one) => !offered.includes(one)));
  if (mode !== '')
    return say(
      subject,
      `does not offer the access mode ${mode} that the claim asks for`,
      `클레임이 요청한 접근 모드(${mode})를 제공하지 않습니다`,
    );
  const volumeMode = (object: KubeObject) => textAt(object, 'spec', 'volumeMode') || 'Filesystem';
  if (volumeMode(claim) !== volumeMode(volume))
    return say(
      subject,
      `has the volume mode ${volumeMode(volume)}, the claim ${volumeMode(claim)}`,
      `의 볼륨 모드가 ${volumeMode(volume)}인데, 클레임은 ${volumeMode(claim)}입니다`,
    );
  if (!hasLabels(volume, textsAt(claim, 'spec', 'selector', 'matchLabels')))
    return say(
      subject,
      "does not have the labels that the claim's selector asks for",
      '에 클레임의 셀렉터가 요구하는 레이블이 없습니다',
    );
  return undefined;
}
