import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from '../cluster/files.ts';
import { errorCode } from '../errors/system-error.ts';
import { KubelabError } from '../errors/errors.ts';
import { labId } from '../labs/lab-fields.ts';
import { renderNewLab } from '../labs/new-lab.ts';
import type { Block } from '../ui/block.ts';
import { defineCommand } from './command.ts';
import { checkTargetFolder } from './target-folder.ts';

export const labNew = defineCommand({
  name: 'new',
  summary: 'write a small lab to begin with',
  description: 'One step in English and Korean with a check, a hint, a solution and a wrong answer. It works as it is.',
  args: { id: { summary: 'the id of the lab, which is the name of its folder too' } },
  flags: { folder: { type: 'string', value: 'folder', summary: 'where its folder is made; default: here' } },
  examples: [
    { command: 'kubelab lab new first-volume', what: 'in the folder first-volume' },
    { command: 'kubelab lab new first-volume --folder labs', what: 'in labs/first-volume' },
  ],
  run: async ({ args, flags }, { cwd, folders }) => {
    const id = readId(args.id);
    const folder = path.resolve(cwd, flags.folder ?? '.', id);
    const files = renderNewLab(id, locateSchema(folder, folders.package));
    await makeFolder(folder);
    for (const [name, text] of files) {
      const file = path.join(folder, ...name.split('/'));
      await mkdir(path.dirname(file), { recursive: true });
      await writeFileAtomic(file, text);
    }
    const shown = path.relative(cwd, folder) || folder;
    return { data: { id, folder, files: [...files.keys()] }, human: () => describe(id, shown) };
  },
});

function readId(text: string): string {
  const result = labId().safeParse(text);
  if (result.success) return result.data;
  throw new KubelabError('KL-USE', `${JSON.stringify(text)} can not be the id of a lab.`, {
    details: [...new Set(result.error.issues.map(({ message }) => message))],
    cure: 'Choose another, such as first-volume.',
  });
}

/** @throws KubelabError `KL-USE` when something is there already. */
async function makeFolder(folder: string): Promise<void> {
  const cure = 'Choose another id, or another folder with --folder.';
  await checkTargetFolder(path.dirname(folder), cure);
  await mkdir(path.dirname(folder), { recursive: true });
  try {
    await mkdir(folder);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    throw new KubelabError('KL-USE', `${folder} is there already.`, { cure });
  }
}

/** Relative where the schema lies beside the lab, so that both can be moved together. */
function locateSchema(folder: string, packageFolder: string): string {
  const labs = path.join(packageFolder, 'labs');
  return path.dirname(folder) === labs ? '../lab.schema.json' : path.join(labs, 'lab.schema.json');
}

function describe(id: string, folder: string): Block[] {
  return [
    { kind: 'text', tone: 'good', text: `The lab ${id} is written in ${folder}. It works as it is; make it yours.` },
    {
      kind: 'commands',
      title: 'Next:',
      commands: [
        { command: `kubelab lab lint ${folder}`, what: 'see that nothing is wrong with it' },
        { command: `less ${path.join(folder, 'lab.yaml')}`, what: 'begin with this file' },
      ],
    },
  ];
}
