import { setTimeout as sleep } from 'node:timers/promises';
import { defineCommand, defineRawCommand, type Command } from '../../src/commands/command.ts';
import type { Context } from '../../src/commands/context.ts';
import type { Registry } from '../../src/commands/registry.ts';
import { KubelabError } from '../../src/errors/errors.ts';

/** Commands that show what the framework does, and what of it reached them. */
export interface SampleCommands {
  readonly registry: Registry;
  /** Names of the commands that were loaded. */
  readonly loaded: readonly string[];
  /** What each run was given. */
  readonly inputs: readonly unknown[];
  readonly contexts: readonly Context[];
}

export function createSampleCommands(): SampleCommands {
  const loaded: string[] = [];
  const inputs: unknown[] = [];
  const contexts: Context[] = [];
  const keep = (input: unknown, context: Context): void => {
    inputs.push(input);
    contexts.push(context);
  };
  const entry = (command: Command) => ({
    name: command.name,
    summary: command.summary,
    load: async () => {
      loaded.push(command.name);
      return command;
    },
  });
  const registry: Registry = {
    firstSteps: [
      { command: 'paint', what: 'make the wall' },
      { command: 'absent', what: 'is not registered' },
    ],
    groups: [
      { heading: 'Walls:', entries: [entry(createPaint(keep)), entry(createWait(keep)), entry(createAsk())] },
      {
        heading: 'Tools:',
        entries: [
          entry(createTool(keep)),
          { name: 'brush', summary: 'work with brushes', commands: [entry(createWash(keep)), entry(createBreak())] },
        ],
      },
    ],
  };
  return { registry, loaded, inputs, contexts };
}

type Keep = (input: unknown, context: Context) => void;

function createPaint(keep: Keep): Command {
  return defineCommand({
    name: 'paint',
    summary: 'paint walls',
    description: 'Paints one wall after the other.',
    args: { wall: { summary: 'the first wall' }, others: { summary: 'more walls', optional: true, variadic: true } },
    flags: {
      colour: { type: 'string', value: 'name', summary: 'the colour', choices: ['red', 'green'] },
      coats: { type: 'number', value: 'count', summary: 'how many coats' },
      skipWall: { type: 'strings', value: 'wall', summary: 'a wall to leave out' },
      dryRun: { type: 'boolean', short: 'n', summary: 'only say what would be done' },
      primer: { type: 'boolean', negated: true, summary: 'no primer' },
    },
    examples: [{ command: 'kubelab paint north --colour red', what: 'one wall' }],
    run: async ({ args, flags }, context) => {
      keep({ args, flags }, context);
      context.events({ type: 'run', title: 'walls', forecastSeconds: 4 });
      context.events({ type: 'step', id: 'coat', title: 'coat', node: args.wall, state: 'started' });
      context.events({ type: 'step', id: 'coat', title: 'coat', node: args.wall, state: 'done', seconds: 2.1 });
      const walls = [args.wall, ...args.others];
      return {
        data: { walls },
        exitCode: flags.dryRun ? 1 : 0,
        human: () => [{ kind: 'text', text: `painted ${walls.join(', ')}`, tone: 'good' }],
      };
    },
  });
}

function createWait(keep: Keep): Command {
  return defineCommand({
    name: 'wait',
    summary: 'wait until it is stopped',
    args: {},
    flags: {},
    examples: [],
    run: async (input, context) => {
      keep(input, context);
      await sleep(60_000, undefined, { signal: context.signal });
      return { data: {} };
    },
  });
}

function createAsk(): Command {
  return defineCommand({
    name: 'ask',
    summary: 'ask before it acts',
    args: {},
    flags: {},
    examples: [],
    run: async (_, context) => ({ data: { agreed: await context.ask({ text: 'Tear down the wall?', flag: '--yes' }) } }),
  });
}

function createTool(keep: Keep): Command {
  return defineRawCommand({
    name: 'tool',
    summary: 'run the tool',
    usage: '[arguments...]',
    examples: [{ command: 'kubelab tool get nodes -o wide', what: 'look at the nodes' }],
    run: async (args, context) => {
      keep(args, context);
      const result = await context.runner.run(['tool', ...args], {
        timeout: 10_000,
        signal: context.signal,
        env: { PATH: context.env['PATH'] ?? '' },
        accept: 'any',
      });
      context.streams.stdout.write(result.stdout);
      context.streams.stderr.write(result.stderr);
      return result.exitCode;
    },
  });
}

function createWash(keep: Keep): Command {
  return defineCommand({
    name: 'wash',
    summary: 'wash a brush',
    args: {},
    flags: {},
    examples: [],
    run: async (input, context) => {
      keep(input, context);
      return { data: { clean: true } };
    },
  });
}

function createBreak(): Command {
  return defineCommand({
    name: 'break',
    summary: 'break a brush',
    args: { how: { summary: 'bug, or a failure that is known' } },
    flags: {},
    examples: [],
    run: async ({ args }, context) => {
      context.showLogsAt('brush.log');
      if (args.how === 'bug') throw new TypeError('brush is undefined');
      throw new KubelabError('KL-CLUSTER-BUSY', 'Process 42 holds the brush.');
    },
  });
}
