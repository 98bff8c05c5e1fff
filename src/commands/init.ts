import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileExists } from '../exec/file-exists.ts';
import { isClusterName, suggestClusterName } from '../cluster/cluster-name.ts';
import { writeFileAtomic } from '../cluster/files.ts';
import { renderInitialSpec } from '../cluster/init-spec.ts';
import { KubelabError } from '../errors/errors.ts';
import { parseVersionWish } from '../kubernetes/versions.ts';
import type { Block } from '../ui/block.ts';
import { defineCommand } from './command.ts';
import type { Context } from './context.ts';

export const init = defineCommand({
  name: 'init',
  summary: 'write a kubelab.yaml with every field and what it means',
  description: 'Writes nothing else. The file can be used as it is. Asks before it replaces one, or needs --yes.',
  args: { name: { summary: 'the name of the cluster; default: the name of the folder', optional: true } },
  flags: {
    kubernetes: { type: 'string', value: 'version', summary: 'a minor such as 1.36, or an exact patch such as 1.36.4' },
  },
  examples: [
    { command: 'kubelab init', what: 'a cluster that is named after this folder' },
    { command: 'kubelab init study --kubernetes 1.35', what: 'with another name and version' },
  ],
  run: async ({ args, flags }, context) => {
    const { specFile } = context;
    const name = args.name ?? suggestClusterName(path.basename(path.dirname(specFile)));
    if (!isClusterName(name)) throw refuseName(name);
    const kubernetes = flags.kubernetes === undefined ? undefined : readVersion(flags.kubernetes);
    const shown = path.relative(context.cwd, specFile) || specFile;
    const isThere = await fileExists(specFile);
    if (isThere && !(await context.ask({ text: `Replace ${shown}, which is there already?`, flag: '--yes' })))
      return { data: { written: false, file: specFile }, human: () => `${shown} stays as it was.` };
    const text = renderInitialSpec({ name, schema: locateSchema(context), ...(kubernetes === undefined ? {} : { kubernetes }) });
    await mkdir(path.dirname(specFile), { recursive: true });
    await writeFileAtomic(specFile, text);
    return { data: { written: true, file: specFile, name, replaced: isThere }, human: () => describe(shown, name) };
  },
});

function refuseName(name: string): KubelabError {
  return new KubelabError('KL-USE', `${JSON.stringify(name)} can not be the name of a cluster.`, {
    details: ['expected at most 40 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen'],
    cure: `Choose another, such as ${suggestClusterName(name)}.`,
  });
}

function readVersion(text: string): string {
  const wish = parseVersionWish(text);
  return wish.kind === 'exact' ? wish.version : wish.minor;
}

/** Relative where kubelab lies beside the spec, so that the file can be moved together with it. */
function locateSchema({ folders, specFile }: Context): string {
  const schema = path.join(folders.package, 'kubelab.schema.json');
  const relative = path.relative(path.dirname(specFile), schema);
  return relative.startsWith('..') || path.isAbsolute(relative) ? schema : `./${relative.replaceAll(path.sep, '/')}`;
}

function describe(file: string, name: string): Block[] {
  return [
    { kind: 'text', tone: 'good', text: `${file} is written, for a cluster called ${name}. It can be used as it is.` },
    {
      kind: 'commands',
      title: 'Next:',
      commands: [
        { command: 'kubelab plan', what: 'see what it leads to on this host' },
        { command: 'kubelab up', what: 'bring it up' },
      ],
    },
  ];
}
