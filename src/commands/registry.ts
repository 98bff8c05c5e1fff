import type { Command } from './command.ts';
import { labCommands } from './lab-commands.ts';

/** What the list of commands needs to know about one, without loading it. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

/** Commands under a common first word: `bundle create`, `bundle verify`. */
export interface CommandFamily {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly CommandEntry[];
}

export interface CommandGroup {
  readonly heading: string;
  readonly entries: readonly (CommandEntry | CommandFamily)[];
}

export interface Registry {
  readonly groups: readonly CommandGroup[];
  /** What a newcomer types first, in order. Those that are not registered are left out of the help. */
  readonly firstSteps: readonly { readonly command: string; readonly what: string }[];
}

/** Every command of kubelab. An entry's summary is the one of its command; a test compares them. */
export const registry: Registry = {
  firstSteps: [
    { command: 'quickstart', what: 'from nothing to a running cluster' },
    { command: 'init', what: 'or write a commented kubelab.yaml first,' },
    { command: 'up', what: 'and bring up what it asks for' },
  ],
  groups: [
    {
      heading: 'Clusters:',
      entries: [
        {
          name: 'quickstart',
          summary: 'from nothing to a running cluster of two nodes',
          load: async () => (await import('./quickstart.ts')).quickstart,
        },
        {
          name: 'init',
          summary: 'write a kubelab.yaml with every field and what it means',
          load: async () => (await import('./init.ts')).init,
        },
        {
          name: 'plan',
          summary: 'say what up would do, and why, without doing it',
          load: async () => (await import('./plan.ts')).plan,
        },
        {
          name: 'up',
          summary: 'bring the cluster up, or make it equal to the spec again',
          load: async () => (await import('./up.ts')).up,
        },
        {
          name: 'status',
          summary: 'say how the machines and the Kubernetes nodes are',
          load: async () => (await import('./status.ts')).status,
        },
        {
          name: 'ssh',
          summary: 'go into a node as root, or run a command there',
          load: async () => (await import('./ssh.ts')).ssh,
        },
        {
          name: 'kubectl',
          summary: 'run kubectl on the cluster',
          load: async () => (await import('./kubectl.ts')).kubectl,
        },
        {
          name: 'kubeconfig',
          summary: "say where the cluster's kubeconfig is",
          load: async () => (await import('./kubeconfig.ts')).kubeconfig,
        },
        {
          name: 'halt',
          summary: 'shut the nodes down; up brings them back as they were',
          load: async () => (await import('./halt.ts')).halt,
        },
        {
          name: 'destroy',
          summary: 'remove the cluster whole: machines, network, keys and folder',
          load: async () => (await import('./destroy.ts')).destroy,
        },
      ],
    },
    {
      heading: 'Learn:',
      entries: [
        {
          name: 'lab',
          summary: 'work through labs that check what you did',
          commands: labCommands,
        },
      ],
    },
    {
      heading: 'What clusters are made of:',
      entries: [
        {
          name: 'versions',
          summary: 'list the Kubernetes versions that can be had',
          load: async () => (await import('./versions.ts')).versions,
        },
        {
          name: 'render',
          summary: 'write the folder that vagrant up makes the cluster from',
          load: async () => (await import('./render.ts')).render,
        },
        {
          name: 'cache',
          summary: 'look at what is kept for all clusters, and make room',
          commands: [
            {
              name: 'list',
              summary: 'list what is kept for all clusters, and which of them use it',
              load: async () => (await import('./cache-list.ts')).cacheList,
            },
            {
              name: 'prune',
              summary: 'remove what no cluster on this host was made from',
              load: async () => (await import('./cache-prune.ts')).cachePrune,
            },
          ],
        },
        {
          name: 'box',
          summary: 'work with base boxes: the plain operating systems of nodes',
          commands: [
            {
              name: 'list',
              summary: 'list the base boxes that are there',
              load: async () => (await import('./box-list.ts')).boxList,
            },
            {
              name: 'build',
              summary: 'make a base box ahead of time',
              load: async () => (await import('./box-build.ts')).boxBuild,
            },
            {
              name: 'prune',
              summary: 'remove the base boxes that no cluster on this host was made from',
              load: async () => (await import('./box-prune.ts')).boxPrune,
            },
          ],
        },
      ],
    },
    {
      heading: 'Without a network:',
      entries: [
        {
          name: 'bundle',
          summary: 'work with one file that holds all that a cluster needs',
          commands: [
            {
              name: 'create',
              summary: 'put all that the cluster of the spec needs into one file',
              load: async () => (await import('./bundle-create.ts')).bundleCreate,
            },
            {
              name: 'verify',
              summary: 'read all of a bundle and make sure that it is whole',
              load: async () => (await import('./bundle-verify.ts')).bundleVerify,
            },
            {
              name: 'info',
              summary: 'show what a bundle holds',
              load: async () => (await import('./bundle-info.ts')).bundleInfo,
            },
          ],
        },
      ],
    },
    {
      heading: 'Understand:',
      entries: [
        {
          name: 'explain',
          summary: 'say what an error code means and what to do',
          load: async () => (await import('./explain.ts')).explain,
        },
        {
          name: 'schema',
          summary: 'print the JSON Schema of kubelab.yaml, for editors',
          load: async () => (await import('./schema.ts')).schema,
        },
      ],
    },
  ],
};
