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
  localized,
  title,
  variableName,
  variableValue,
  versionRange,
} from './lab-fields.ts';
import { languages } from './language.ts';

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
  kubernetes: versionRange().prefault('>=1.24').describe('A range of versions, such as ">=1.24 <1.38".'),
  nodes: map({
    controlPlane: wholeNumber(1, 5).prefault(1).describe('How many control planes, at least.'),
    workers: wholeNumber(0, 100).prefault(1).describe('How many workers, at least.'),
  })
    .prefault({})
    .describe('How many nodes there have to be.'),
  memoryMiB: wholeNumber(0, 1_000_000).prefault(0).describe('Memory of all nodes together, in MiB.'),
  features: list(choice(featureNames), 10)
    .prefault([])
    .describe('Add-ons by name, what the machines can do, and how the cluster is laid out.'),
  images: list(choice(roleNames), 10)
    .prefault([])
    .describe(`Images by the role that they play, used as \${image.ROLE}. ${describeRoles()}`),
  internet: z
    .boolean('expected true or false')
    .prefault(false)
    .describe('Whether nodes have to reach the Internet, for what the lab fetches by itself. Images are there without.'),
  providers: list(choice(providerNames), providerNames.length)
    .min(1, 'expected at least one provider')
    .optional()
    .describe('What its machines may be run by; without it, any.'),
});

function describeRoles(): string {
  return Object.entries(imageRoles)
    .map(([role, what]) => `${role}: ${what}.`)
    .join(' ');
}

/** A value that texts, manifests and scripts use as `${NAME}`: the same for the whole attempt. */
const variable = z.union(
  [
    map({ value: variableValue().describe('Always this.') }),
    map({ pick: list(variableValue(), 50).min(2, 'expected at least two values').describe('One of these.') }),
    map({
      random: choice(['hex8', 'port', 'word', 'name']).describe(
        'Drawn anew for each attempt: hex8 is eight hexadecimal digits that begin with a letter, port one from 20000 to 29998, word six letters, name such as kopa-42.',
      ),
    }),
  ],
  'expected {value: ...}, {pick: [...]} or {random: hex8, port, word or name}',
);
export type Variable = z.output<typeof variable>;

/** A step as it is checked; that it has a solution is asked of the lab as a whole. */
export const stepSchema = map({
  id: labId().describe('What it is called; its text is in text/en/ID.md and text/ko/ID.md. Never changes.'),
  title: title().describe('The name that it is shown by.'),
  goal: localized('the goal of the step').describe(
    'What has to be reached, without how. Challenge mode shows it in place of the text.',
  ),
  minutes: wholeNumber(1, 240).prefault(5).describe('How long it takes.'),
  points: wholeNumber(0, 3000).optional().describe('What its checks give together, for whoever reads the lab; lint compares.'),
  objectives: list(labId(), 20).prefault([]).describe('Objectives of the lab that it serves.'),
  needs: list(labId(), 30)
    .optional()
    .describe(
      'Earlier steps that this one builds on; without it, all before it. A reset does those again, and what later steps build on.',
    ),
  setup: actions().prefault([]).describe('Done when the step begins.'),
  remember: z
    .record(variableName(), fieldOfObject, 'expected a map of variables to fields')
    .prefault({})
    .describe(
      'Fields that are read once the setup of the step is done, and become variables: what was there before the learner changed it. Empty where there is none.',
    ),
  checks: list(check, 30)
    .min(1, 'expected at least one check')
    .describe('What is looked at. The step passes when all of them have passed or do not apply.'),
  guards: list(guard, 10)
    .prefault([])
    .describe('What must not be broken: where it is, the attempt is spoiled, and a reset is offered.'),
  hints: list(hint, 30)
    .min(1, 'expected at least one hint')
    .describe('Shown one by one: by tier, and within a tier those for what failed first.'),
  solve: actions()
    .min(1, 'expected at least one action')
    .default([])
    .describe('How it is done. Done twice, it does what doing it once does.'),
});
export type Step = z.output<typeof stepSchema>;

/** A known wrong answer to a step: done instead of its solution, it must leave these checks not passed. */
const wrongAnswer = map({
  id: labId().describe('What it is called.'),
  step: labId().describe('The step that it answers wrongly.'),
  do: actions().min(1, 'expected at least one action').describe('Done instead of the solution.'),
  mustFail: list(labId(), 30).min(1, 'expected at least one check').describe('Checks that have to refuse it.'),
});
export type WrongAnswer = z.output<typeof wrongAnswer>;

/** Every field of lab.yaml by itself, without what is asked of several together. */
export const labFields = map({
  apiVersion: choice(['labpack/v1']).describe('The version of this format.'),
  kind: choice(['Lab']).describe('What the file describes.'),
  id: labId().describe('What the lab is called, and its folder. Never changes: progress is kept under it.'),
  version: z
    .string('expected a version')
    .regex(/^[0-9]+\.[0-9]+\.[0-9]+$/, 'expected a version such as 1.0.0')
    .describe('The version of the lab.'),
  build: choice(['instructor', 'learner'])
    .prefault('instructor')
    .describe('Written by kubelab lab pack: learner is without solutions and wrong answers.'),
  title: title().describe('The name that it is shown by.'),
  summary: localized('a sentence on what the lab is about').describe('What it is about.'),
  lang: map({
    default: choice(languages).prefault('en').describe('The language that it falls back to.'),
    complete: list(choice(languages), 2).prefault(['en', 'ko']).describe('Languages in which it is whole.'),
  })
    .prefault({})
    .describe('The languages of the lab.'),
  minutes: wholeNumber(1, 480).describe('How long the lab takes.'),
  topics: list(labId(), 20).prefault([]).describe('Words for what it is about.'),
  objectives: list(
    map({
      id: labId().describe('What steps name it by.'),
      text: localized('an objective').describe('What the learner can do then.'),
    }),
    20,
  )
    .prefault([])
    .describe('What the learner can do afterwards.'),
  requires: requires.prefault({}).describe('What the cluster has to have; on others, the lab does not begin and says why.'),
  isolation: choice(['namespace', 'nodes', 'cluster'])
    .prefault('namespace')
    .describe(
      'What the lab changes. Learners are told before it is cleared away, and more than the namespace is changed by one command at a time.',
    ),
  namespace: z
    .string('expected a namespace')
    .regex(/^lab-[a-z0-9]+(?:-[a-z0-9]+)*$/, 'expected a namespace that begins with lab-')
    .describe('The namespace that the lab has to itself; it is made when the lab starts and removed when it stops.'),
  vars: z
    .record(variableName(), variable, 'expected a map of variables')
    .prefault({})
    .describe('Values that texts, manifests and scripts use as ${NAME}: the same for the whole attempt.'),
  setup: actions().prefault([]).describe('Done when the lab starts, and again at each reset.'),
  steps: list(stepSchema, 30).min(1, 'expected at least one step').describe('What the learner does, one after another.'),
  reset: map({
    first: actions()
      .prefault([])
      .describe('Done before anything is removed: brings a broken control plane back so far that objects can be removed.'),
    also: actions()
      .prefault([])
      .describe('Done after the namespace and the objects are gone: puts nodes back. What steps remember may not be there yet.'),
    clusterObjects: list(
      map({
        kind: clusterKind().describe('The kind, as manifests have it, such as PersistentVolume.'),
        name: kubectlName('a name').describe('The name.'),
      }),
      50,
    )
      .prefault([])
      .describe(
        'Objects outside of namespaces that the lab or the learner makes: removed at a reset and at the end, where they were not there before.',
      ),
  })
    .prefault({})
    .describe('How the start is brought back.'),
  grade: map({
    pass: wholeNumber(0, 1000).describe('How many points are enough.'),
    hidden: list(labPath(), 20).prefault([]).describe('Files with checks that learners do not see.'),
  })
    .optional()
    .describe('How it is graded. Read and not used yet.'),
  upgrade: map({
    keep: list(labId(), 50).prefault([]).describe('Checks that still have to pass afterwards.'),
    during: map({
      http: text('a URL').describe('The URL that has to answer meanwhile.'),
      every: duration().describe('How often it is asked.'),
      maxGap: duration().describe('How long it may be away.'),
    })
      .optional()
      .describe('What has to answer while the cluster is upgraded.'),
  })
    .optional()
    .describe('What an upgrade of the cluster must not break. Read and not used yet.'),
  test: map({ wrong: list(wrongAnswer, 50).prefault([]).describe('Known wrong answers, which kubelab lab test tries.') })
    .prefault({})
    .describe('What proves the lab.'),
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
