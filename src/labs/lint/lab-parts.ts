import type { YamlPath } from '../../cluster/yaml-document.ts';
import type { Action } from '../lab-action.ts';
import type { Check, Guard } from '../lab-check.ts';
import type { Lab } from '../lab.ts';

/** When something happens: before any step, in a step by its index, or after all of them. */
export type Moment = 'before' | 'after' | number;

export interface PlacedAction {
  readonly action: Action;
  readonly path: YamlPath;
  readonly moment: Moment;
  readonly purpose: 'setup' | 'solve' | 'reset' | 'wrong';
}

/** What a check, a guard or a wait looks at. */
export type LookFields = Pick<Check, 'object' | 'exec' | 'http' | 'run' | 'expect'>;

export interface PlacedLook {
  readonly fields: LookFields;
  readonly path: YamlPath;
  readonly moment: Moment;
  /** The check or guard that it is; undefined for a wait. */
  readonly check: Check | Guard | undefined;
  /** On clusters of which versions it is done; undefined for all that the lab claims. */
  readonly versions: string | undefined;
}

/** A script, written in lab.yaml or in a file of its own. */
export interface PlacedScript {
  readonly path: YamlPath;
  readonly text: string | undefined;
  readonly file: string | undefined;
  readonly looks: boolean;
}

/** Every action of a lab. */
export function listActions(lab: Lab): PlacedAction[] {
  const place = (actions: readonly Action[], path: YamlPath, moment: Moment, purpose: PlacedAction['purpose']): PlacedAction[] =>
    actions.map((action, index) => ({ action, path: [...path, index], moment, purpose }));
  return [
    ...place(lab.setup, ['setup'], 'before', 'setup'),
    ...lab.steps.flatMap(({ setup, solve }, step) => [
      ...place(setup, ['steps', step, 'setup'], step, 'setup'),
      ...place(solve, ['steps', step, 'solve'], step, 'solve'),
    ]),
    ...place(lab.reset.first, ['reset', 'first'], 'after', 'reset'),
    ...place(lab.reset.also, ['reset', 'also'], 'after', 'reset'),
    ...lab.test.wrong.flatMap(({ step, do: actions }, index) =>
      place(actions, ['test', 'wrong', index, 'do'], stepIndex(lab, step), 'wrong'),
    ),
  ];
}

/** The index of a step; that of the last one where there is none of that id, which LAB007 finds. */
export function stepIndex(lab: Lab, id: string): number {
  const index = lab.steps.findIndex((step) => step.id === id);
  return index < 0 ? lab.steps.length - 1 : index;
}

/** Everything that looks at the cluster: checks, guards and waits. */
export function listLooks(lab: Lab): PlacedLook[] {
  const own = lab.steps.flatMap(({ checks, guards }, moment) => [
    ...checks.map((check, index): PlacedLook => {
      const path = ['steps', moment, 'checks', index];
      return { fields: check, path, moment, check, versions: check.when?.kubernetes };
    }),
    ...guards.map((guard, index): PlacedLook => {
      const path = ['steps', moment, 'guards', index];
      return { fields: guard, path, moment, check: guard, versions: undefined };
    }),
  ]);
  const waits = listActions(lab).flatMap(({ action, path, moment }): PlacedLook[] =>
    'until' in action ? [{ fields: action.until, path: [...path, 'until'], moment, check: undefined, versions: undefined }] : [],
  );
  return [...own, ...waits];
}

export function listScripts(lab: Lab): PlacedScript[] {
  const looks = listLooks(lab).flatMap(({ fields: { run }, path }): PlacedScript[] =>
    run === undefined
      ? []
      : [{ path: [...path, 'run', run.run === undefined ? 'script' : 'run'], text: run.run, file: run.script, looks: true }],
  );
  const acts = listActions(lab).flatMap(({ action, path }): PlacedScript[] =>
    'on' in action
      ? [{ path: [...path, action.run === undefined ? 'script' : 'run'], text: action.run, file: action.script, looks: false }]
      : [],
  );
  return [...looks, ...acts];
}

/** A command that a check, a guard or a wait runs in containers. */
export interface PlacedCommand {
  readonly path: YamlPath;
  readonly words: readonly string[];
}

export function listCommands(lab: Lab): PlacedCommand[] {
  return listLooks(lab).flatMap(({ fields: { exec }, path }) =>
    exec === undefined ? [] : [{ path: [...path, 'exec', 'command'], words: exec.command }],
  );
}

/** A file of the lab that is given to kubectl. */
export interface PlacedManifest {
  readonly file: string;
  readonly path: YamlPath;
  readonly moment: Moment;
  readonly purpose: PlacedAction['purpose'];
  /** Whether its objects are made with it, as apply and create do. */
  readonly makes: boolean;
  /** Whether it says all of its objects that has to be said: one who deletes, patches or owns some of the fields says less. */
  readonly whole: boolean;
}

export function listManifests(lab: Lab): PlacedManifest[] {
  return listActions(lab).flatMap(({ action, path, moment, purpose }): PlacedManifest[] => {
    if ('apply' in action) return [{ file: action.apply, path: [...path, 'apply'], moment, purpose, makes: true, whole: true }];
    if (!('kubectl' in action) || action.input === undefined) return [];
    const makes = ['apply', 'create', 'replace'].includes(action.kubectl[0] ?? '');
    const whole = makes && !action.kubectl.some((word) => /^--server-side(?:=true)?$/.test(word));
    return [{ file: action.input, path: [...path, 'input'], moment, purpose, makes, whole }];
  });
}
