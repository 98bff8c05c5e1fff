import { boundLine } from '../cluster/plain-text.ts';
import { valueText } from './field-path.ts';
import type { Localized } from './lab-fields.ts';
import { nameOf, type KubeObject } from './snapshot.ts';

/** What kinds are called in Korean; others are objects of their English name. */
const nouns: Readonly<Record<string, string>> = {
  Pod: '파드',
  Deployment: '디플로이먼트',
  ReplicaSet: '레플리카셋',
  StatefulSet: '스테이트풀셋',
  DaemonSet: '데몬셋',
  Job: '잡',
  CronJob: '크론잡',
  Service: '서비스',
  Node: '노드',
  Namespace: '네임스페이스',
  ConfigMap: '컨피그맵',
  Ingress: '인그레스',
  PersistentVolume: '퍼시스턴트볼륨',
  PersistentVolumeClaim: '퍼시스턴트볼륨클레임',
  StorageClass: '스토리지클래스',
  ServiceAccount: '서비스어카운트',
  NetworkPolicy: '네트워크폴리시',
};

/** A noun with the particle that its last syllable takes: `클레임이`, `파드가`. */
export function withParticle(noun: string, pair: '이/가' | '을/를'): string {
  const [closed = '', open = ''] = pair.split('/');
  const syllable = (noun.codePointAt(noun.length - 1) ?? 0) - 0xac00;
  const isClosed = syllable >= 0 && syllable < 11_172 && syllable % 28 !== 0;
  return `${noun}${isClosed ? closed : open}`;
}

/** How a kind is called in Korean. */
export function nounOf(kind: string): string {
  return nouns[kind] ?? `${kind} 객체`;
}

/** An object as what a sentence is about: `Pod web`, `web 파드`. */
export function subjectOf(kind: string, name: string): Localized {
  return { en: `${kind} ${name}`, ko: `${name} ${nounOf(kind)}` };
}

/** The same for an object that is there. */
export function subjectFor(object: KubeObject): Localized {
  return subjectOf(valueText(object['kind']), nameOf(object));
}

/**
 * A sentence on an object, and what the cluster itself says on it.
 * @param ko goes on after the subject and its particle: `이/가`, unless it begins with another.
 */
export function say(subject: Localized, en: string, ko: string, words = ''): Localized {
  const [, particle = '이/가', rest = ko] = /^(의|에|을\/를) (.*)$/s.exec(ko) ?? [];
  const korean = particle.includes('/') ? withParticle(subject.ko, particle as '이/가' | '을/를') : `${subject.ko}${particle}`;
  const quoted = boundLine(words, 240).replace(/[.:\s]+$/, '');
  const end = quoted === '' ? '.' : `: ${quoted}${quoted.endsWith('…') ? '' : '.'}`;
  return { en: `${subject.en} ${en}${end}`, ko: `${korean} ${rest}${end}` };
}
