import { randomBytes, randomInt } from 'node:crypto';
import type { Values } from '../interpolate.ts';
import type { ClusterFacts } from '../lab-cluster.ts';
import type { Lab, Variable } from '../lab.ts';

/** The values of a lab's own variables for a new attempt. */
export function drawVariables(variables: Lab['vars']): Record<string, string> {
  return Object.fromEntries(Object.entries(variables).map(([name, variable]) => [name, draw(variable)]));
}

const consonants = 'bdfgklmnprstvz';
const vowels = 'aeiou';

function draw(variable: Variable): string {
  if ('value' in variable) return variable.value;
  if ('pick' in variable) return pick(variable.pick);
  switch (variable.random) {
    case 'hex8':
      // Never a number for YAML, also without quotes: 12345678, or 123e4567.
      return pick([...'abcdef']) + randomBytes(4).toString('hex').slice(1);
    // Above what services and the kernel's own choice use, below 32768.
    case 'port':
      return String(randomInt(20_000, 29_999));
    case 'word':
      return syllables(3);
    case 'name':
      return `${syllables(2)}-${randomInt(10, 99)}`;
  }
}

function syllables(count: number): string {
  return Array.from({ length: count }, () => pick([...consonants]) + pick([...vowels])).join('');
}

function pick(choices: readonly string[]): string {
  return choices[randomInt(choices.length)] ?? '';
}

/** All that `${NAME}` may stand for in an attempt. */
export function fillInValues(
  lab: Pick<Lab, 'namespace'>,
  cluster: Pick<ClusterFacts, 'nodes' | 'images'>,
  variables: Readonly<Record<string, string>>,
): Values {
  return {
    ...variables,
    namespace: lab.namespace,
    ...Object.fromEntries(Object.entries(cluster.images).map(([role, image]) => [`image.${role}`, image])),
    ...Object.fromEntries(cluster.nodes.map(({ name }) => [`node.${name}`, name])),
    ...Object.fromEntries(cluster.nodes.map(({ name, address }) => [`address.${name}`, address])),
  };
}
