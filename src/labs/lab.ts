import { z } from 'zod';
import type { ProviderName } from '../cluster/provider.ts';
import { choice, list, map, text, whenRight, wholeNumber } from '../cluster/spec-fields.ts';
import { actions } from './lab-action.ts';
import { check, guard, hint } from './lab-check.ts';
import {
  clusterKind,
  duration,
  fieldOfObject,
  kubectlName,
  labId,
  labPath,
  languages,
  localized,
  title,
  variableName,
  variableValue,
  versionRange,
} from './lab-fields.ts';

/**
 * What a cluster has to have for a lab: add-ons by name, what its machines can do, and how it is laid out.
 * `single-control-plane` is one control plane and no more, with etcd on it.
 */
export const featureNames = ['metrics-server', 'local-path', 'kernel-nfs', 'own-kernel', 'single-control-plane'] as const;
export type Feature = (typeof featureNames)[number];

/** What an image has to be able to do to play a role; the cluster's source says which image does. */
export const imageRoles = {
  shell: 'sh, wget, nslookup and the common tools, by their own names',
  web: 'sh, and httpd as busybox has it: httpd -f -p PORT -h FOLDER',
  database: 'a server of the MongoDB protocol on port 27017 with its data in /data/db, and the tools mongoimport and mongoexport',
  'nfs-provisioner': 'provisions volumes in an NFS export; environment as nfs-subdir-external-provisioner has it',
} as const;
export type ImageRole = keyof typeof imageRoles;

const roleNames = Object.keys(imageRoles) as [ImageRole, ...ImageRole[]];

const providerNames = ['libvirt', 'virtualbox', 'nspawn'] as const satisfies readonly ProviderName[];

const requires = map({
  kubernetes: versionRange().prefault('>=1.24'),
  nodes: map({ controlPlane: wholeNumber(1, 5).prefault(1), workers: wholeNumber(0, 100).prefault(1) }).prefault({}),
  /** Memory of all nodes together. */
  memoryMiB: wholeNumber(0, 1_000_000).prefault(0),
  features: list(choice(featureNames), 10).prefault([]),
  images: list(choice(roleNames), 10).prefault([]),
  /** Nodes reach the Internet: for what the lab fetches by itself. Images are there without. */
  internet: z.boolean('expected true or false').prefault(false),
  /** What its machines may be run by; without it, any. */
  providers: list(choice(providerNames), providerNames.length).min(1, 'expected at least one provider').optional(),
});

/** A value that texts, manifests and scripts use as `${NAME}`: the same for the whole attempt. */
const variable = z.union(
  [
    map({ value: variableValue() }),
    map({ pick: list(variableValue(), 50).min(2, 'expected at least two values') }),
    map({ random: choice(['hex8', 'port', 'word', 'name']) }),
  ],
  'expected {value: ...}, {pick: [...]} or {random: hex8, port, word or name}',
);
export type Variable = z.output<typeof variable>;

/** A step as it is checked; that it has a solution is asked of the lab as a whole. */
export const stepSchema = map({
  id: labId(),
  title: title(),
  /** What has to be reached, without how: the whole text of challenge mode. */
  goal: localized('the goal of the step'),
  minutes: wholeNumber(1, 240).prefault(5),
  /** What its checks give together, for whoever reads the lab; lint compares. */
  points: wholeNumber(0, 3000).optional(),
  objectives: list(labId(), 20).prefault([]),
  /** Earlier steps that this one builds on; without it, all before it. A reset does again what it and later ones build on. */
  needs: list(labId(), 30).optional(),
  /** Done when the step begins. */
  setup: actions().prefault([]),
  /** Fields that are read when the step begins and become variables: what was there before the learner changed it. */
  remember: z.record(variableName(), fieldOfObject, 'expected a map of variables to fields').prefault({}),
  checks: list(check, 30).min(1, 'expected at least one check'),
  guards: list(guard, 10).prefault([]),
  hints: list(hint, 30).min(1, 'expected at least one hint'),
  /** How it is done. Only a learner build has none. */
  solve: actions().min(1, 'expected at least one action').default([]),
});
export type Step = z.output<typeof stepSchema>;

/** A known wrong answer to a step: done instead of its solution, it must leave these checks not passed. */
const wrongAnswer = map({
  id: labId(),
  step: labId(),
  do: actions().min(1, 'expected at least one action'),
  mustFail: list(labId(), 30).min(1, 'expected at least one check'),
});
export type WrongAnswer = z.output<typeof wrongAnswer>;

/** Every field of lab.yaml by itself, without what is asked of several together. */
export const labFields = map({
  apiVersion: choice(['labpack/v1']),
  kind: choice(['Lab']),
  id: labId(),
  version: z.string('expected a version').regex(/^[0-9]+\.[0-9]+\.[0-9]+$/, 'expected a version such as 1.0.0'),
  /** `learner` is written by kubelab lab pack, and means: without solutions and wrong answers. */
  build: choice(['instructor', 'learner']).prefault('instructor'),
  title: title(),
  summary: localized('a sentence on what the lab is about'),
  lang: map({ default: choice(languages).prefault('en'), complete: list(choice(languages), 2).prefault(['en', 'ko']) }).prefault(
    {},
  ),
  minutes: wholeNumber(1, 480),
  topics: list(labId(), 20).prefault([]),
  objectives: list(map({ id: labId(), text: localized('an objective') }), 20).prefault([]),
  requires: requires.prefault({}),
  /** What the lab may change, and so how it is reset. */
  isolation: choice(['namespace', 'nodes', 'cluster']).prefault('namespace'),
  namespace: z
    .string('expected a namespace')
    .regex(/^lab-[a-z0-9]+(?:-[a-z0-9]+)*$/, 'expected a namespace that begins with lab-'),
  vars: z.record(variableName(), variable, 'expected a map of variables').prefault({}),
  /** Done when the lab starts, in its new namespace. */
  setup: actions().prefault([]),
  steps: list(stepSchema, 30).min(1, 'expected at least one step'),
  reset: map({
    /** Done before anything is removed: what brings a broken control plane back so far that objects can be removed. */
    first: actions().prefault([]),
    /** Beyond the namespace, which is always made anew: what puts nodes and objects outside of it back. */
    also: actions().prefault([]),
    /** Objects outside any namespace that the lab makes: removed when it ends, where they were not there before it. */
    clusterObjects: list(map({ kind: clusterKind(), name: kubectlName('a name') }), 50).prefault([]),
  }).prefault({}),
  grade: map({ pass: wholeNumber(0, 1000), hidden: list(labPath(), 20).prefault([]) }).optional(),
  upgrade: map({
    keep: list(labId(), 50).prefault([]),
    during: map({ http: text('a URL'), every: duration(), maxGap: duration() }).optional(),
  }).optional(),
  test: map({ wrong: list(wrongAnswer, 50).prefault([]) }).prefault({}),
});

/** The schema of lab.yaml. Its input is what an author writes, its output is a Lab. */
export const labSchema = labFields.superRefine(requireSolutions, { when: whenRight(['build', 'steps']) });
export type Lab = z.output<typeof labSchema>;

interface Solvable {
  readonly build: 'instructor' | 'learner';
  readonly steps: readonly { readonly solve: readonly unknown[] }[];
}

function requireSolutions({ build, steps }: Solvable, context: z.RefinementCtx): void {
  if (build === 'learner') return;
  for (const [index, { solve }] of steps.entries())
    if (solve.length === 0)
      context.addIssue({ code: 'custom', path: ['steps', index, 'solve'], message: 'missing, expected at least one action' });
}
