/** The commands of labs, in the order in which a learner meets them; an author's come last. */
export const labCommands = [
  {
    name: 'list',
    summary: 'list the labs, and which of them fit this cluster',
    load: async () => (await import('./lab-list.ts')).labList,
  },
  {
    name: 'start',
    summary: 'begin a lab on this cluster, or go on with it',
    load: async () => (await import('./lab-start.ts')).labStart,
  },
  {
    name: 'show',
    summary: 'show the step that you are at',
    load: async () => (await import('./lab-show.ts')).labShow,
  },
  {
    name: 'check',
    summary: 'look at what you did, and say what is missing',
    load: async () => (await import('./lab-check.ts')).labCheck,
  },
  {
    name: 'watch',
    summary: 'check again and again until the step passes',
    load: async () => (await import('./lab-watch.ts')).labWatch,
  },
  {
    name: 'hint',
    summary: 'show the next hint, chosen by what the last check found',
    load: async () => (await import('./lab-hint.ts')).labHint,
  },
  {
    name: 'solve',
    summary: 'have the step done for you, and see how',
    load: async () => (await import('./lab-solve.ts')).labSolve,
  },
  {
    name: 'next',
    summary: 'go on to the next step, once this one has passed',
    load: async () => (await import('./lab-next.ts')).labNext,
  },
  {
    name: 'reset',
    summary: 'bring back the start of the step, or of the whole lab',
    load: async () => (await import('./lab-reset.ts')).labReset,
  },
  {
    name: 'status',
    summary: 'say how far you are in the lab',
    load: async () => (await import('./lab-status.ts')).labStatus,
  },
  {
    name: 'stop',
    summary: 'end the lab and remove what it made on the cluster',
    load: async () => (await import('./lab-stop.ts')).labStop,
  },
  {
    name: 'test',
    summary: 'prove labs on this cluster: checks, wrong answers, solutions, reset',
    load: async () => (await import('./lab-test.ts')).labTest,
  },
  {
    name: 'new',
    summary: 'write a small lab to begin with',
    load: async () => (await import('./lab-new.ts')).labNew,
  },
  {
    name: 'lint',
    summary: 'find what is wrong with labs, without a cluster',
    load: async () => (await import('./lab-lint.ts')).labLint,
  },
  {
    name: 'mutate',
    summary: 'find out which slips the checks of a lab do not notice',
    load: async () => (await import('./lab-mutate.ts')).labMutate,
  },
  {
    name: 'pack',
    summary: 'put labs into one file to give away',
    load: async () => (await import('./lab-pack.ts')).labPack,
  },
  {
    name: 'install',
    summary: 'install a pack of labs, after showing what it asks for',
    load: async () => (await import('./lab-install.ts')).labInstall,
  },
  {
    name: 'remove',
    summary: 'remove a pack of labs that was installed',
    load: async () => (await import('./lab-remove.ts')).labRemove,
  },
] as const;
