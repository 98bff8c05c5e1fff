import { mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileExists } from '../exec/file-exists.ts';
import { digestOfBytes } from '../artifacts/store.ts';
import { writeWhole } from '../artifacts/whole-file.ts';
import { reportStep } from '../cluster/report-step.ts';
import { Interrupted, KubelabError } from '../errors/errors.ts';
import { missingProgram } from '../exec/search-path.ts';
import { type LintFinding, writeFinding } from '../labs/lint/finding.ts';
import { proveInstallable } from '../labs/pack/install-pack.ts';
import { segment } from '../labs/lab-folder.ts';
import { openPackFolder, type PackContent, type PackFolder, placeOfLab, readPackFolder } from '../labs/pack/read-folder.ts';
import { findUncommitted } from '../labs/pack/uncommitted.ts';
import { nameArchive, renderArchive, withLock } from '../labs/pack/write-archive.ts';
import type { Block } from '../ui/block.ts';
import { formatBytes } from '../ui/format.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { readApiFields } from './lab-lint.ts';
import { checkTargetFolder } from './target-folder.ts';

export const labPack = defineCommand({
  name: 'pack',
  summary: 'put labs into one file to give away',
  description:
    'The folder has a pack.yaml and the labs that it names in labs/. Learners get a build without solutions, wrong answers, what is hidden for grading, and comments.',
  args: { folder: { summary: 'a folder with a pack.yaml' } },
  flags: {
    out: { type: 'string', value: 'path', summary: 'the file to write, or the folder that it goes to; default: here' },
    instructor: { type: 'boolean', summary: 'the build for those who teach: everything' },
    unlinted: { type: 'boolean', summary: 'also where lint finds errors' },
    uncommitted: { type: 'boolean', summary: 'also what git has in no commit' },
  },
  examples: [
    { command: 'kubelab lab pack storage-class', what: 'storage-class-1.0.0.labpack.tar.gz, for learners' },
    { command: 'kubelab lab pack storage-class --instructor --out /srv/packs', what: 'with the solutions' },
  ],
  run: ({ args, flags }, context) => runPack(context, args.folder, flags),
});

interface PackFlags {
  readonly out: string | undefined;
  readonly instructor: boolean;
  readonly unlinted: boolean;
  readonly uncommitted: boolean;
}

async function runPack(context: Context, asked: string, flags: PackFlags): Promise<CommandResult> {
  const opened = await openPackFolder(path.resolve(context.cwd, asked), asked);
  if (!flags.uncommitted) await refuseUncommitted(context, opened);
  if (!flags.unlinted) await refuseErrors(context, opened);
  const content = await readPackFolder(opened, flags.instructor ? 'instructor' : 'learner');
  const target = await chooseTarget(context, flags.out, nameArchive(content));
  const shown = path.relative(context.cwd, target) || target;
  await checkTarget(target, shown);
  const isThere = await fileExists(target);
  if (isThere && !(await context.ask({ text: `Replace ${shown}, which is there already?`, flag: '--yes' })))
    return { data: { packed: false, file: target }, human: () => `${shown} stays as it was.` };
  const files = withLock(content, context.version);
  const archive = await renderArchive(files);
  await proveInstallable(files, path.dirname(target), context.signal);
  if (context.signal.aborted) throw new Interrupted();
  await mkdir(path.dirname(target), { recursive: true });
  await writeWhole(target, (handle) => handle.writeFile(archive));
  return describe({ content, files, archive, target, shown, left: await listLeftOut(opened) });
}

/**
 * Has a pack committed before it is given away. Asks for nothing where there is no repository, or no git.
 * @throws KubelabError `KL-PACK-INVALID` with every file of the pack that is not committed as it is.
 */
async function refuseUncommitted({ runner, signal, env }: Context, opened: PackFolder): Promise<void> {
  if (await missingProgram('git', env['PATH'])) return;
  const changes = await findUncommitted(opened, { runner, signal });
  if (changes.length === 0) return;
  throw new KubelabError('KL-PACK-INVALID', `${opened.shown} is not committed as it is`, {
    details: changes.length > 30 ? [...changes.slice(0, 30), `and ${changes.length - 30} more`] : changes,
    cure: 'Commit these files, or pack them as they are with --uncommitted.',
  });
}

/** @throws KubelabError `KL-PACK-INVALID` with every error that lint finds in the labs of the pack. */
async function refuseErrors(context: Context, opened: PackFolder): Promise<void> {
  const { lintLab } = await import('../labs/lint/lint-lab.ts');
  const api = await readApiFields(context.folders.package);
  const findings = await reportStep(context, { id: 'lint', title: 'lint the labs' }, async (progress) => {
    const found: (readonly LintFinding[])[] = [];
    for (const id of opened.pack.labs) {
      context.signal.throwIfAborted();
      progress(id);
      const { folder, shown } = placeOfLab(opened, id);
      // A lab that is not there, or can not be read, is found when the pack is read.
      found.push(await lintLab(folder, shown, api, { signal: context.signal }).catch(ignoreUnreadable));
    }
    return found.flat();
  });
  const errors = findings.filter(({ severity }) => severity === 'error');
  const warnings = findings.length - errors.length;
  if (warnings > 0)
    context.events({ type: 'warning', text: `lint has ${warnings} warnings: kubelab lab lint ${opened.shown}/labs` });
  if (errors.length === 0) return;
  throw new KubelabError('KL-PACK-INVALID', `lint finds ${errors.length} errors in the labs of ${opened.shown}`, {
    details: errors.slice(0, 30).map(writeFinding),
    cure: 'Correct the lines named, or pack it all the same with --unlinted.',
  });
}

function ignoreUnreadable(error: unknown): LintFinding[] {
  if (error instanceof KubelabError) return [];
  throw error;
}

async function chooseTarget({ cwd }: Context, out: string | undefined, name: string): Promise<string> {
  if (out === undefined) return path.join(cwd, name);
  const target = path.resolve(cwd, out);
  const isFolder = /[/\\]$/.test(out) || (await stat(target).catch(() => undefined))?.isDirectory() === true;
  return isFolder ? path.join(target, name) : target;
}

/** @throws KubelabError `KL-USE` when no file can be written there. */
async function checkTarget(target: string, shown: string): Promise<void> {
  const cure = 'Choose another place with --out.';
  await checkTargetFolder(path.dirname(target), cure);
  if ((await stat(target).catch(() => undefined))?.isDirectory() === true)
    throw new KubelabError('KL-USE', `${shown} is a folder; the pack would be a file of that name.`, { cure });
}

/** Folders in labs/ that pack.yaml does not name. */
async function listLeftOut({ folder, pack }: PackFolder): Promise<string[]> {
  const entries = await readdir(path.join(folder.root, 'labs'), { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
  return folders.filter((name) => !pack.labs.includes(name)).toSorted();
}

interface Packed {
  readonly content: PackContent;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly archive: Uint8Array;
  readonly target: string;
  readonly shown: string;
  readonly left: readonly string[];
}

function describe({ content, files, archive, target, shown, left }: Packed): CommandResult {
  const { pack, build } = content;
  const sha256 = digestOfBytes(archive).replace('sha256:', '');
  const unpackedBytes = [...files.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  const { name, version, labs } = pack;
  const data = { packed: true, file: target, name, version, build, labs, files: files.size, bytes: archive.byteLength };
  const blocks: Block[] = [
    {
      kind: 'text',
      tone: 'good',
      text: `${shown} is the ${build} build of ${name} ${version}: ${labs.length} ${labs.length === 1 ? 'lab' : 'labs'}, ${files.size} files, ${formatBytes(archive.byteLength)}, ${formatBytes(unpackedBytes)} unpacked.`,
    },
    { kind: 'verbatim', text: `sha256  ${sha256}` },
    ...left.map((lab): Block => ({
      kind: 'text',
      tone: 'careful',
      text: `${nameLeftOut(lab)} is not in it: pack.yaml does not name it.`,
    })),
    {
      kind: 'commands',
      title: 'Next:',
      commands: [{ command: `kubelab lab install ${shown} --sha256 ${sha256}`, what: 'what learners type' }],
    },
  ];
  return { data: { ...data, unpackedBytes, sha256, left }, human: () => blocks };
}

/** Any other name could hold lines of its own, or words that come to stand at the beginning of one. */
function nameLeftOut(folder: string): string {
  return segment.test(folder) ? `labs/${folder}` : 'A folder in labs/ with a name that no lab can have';
}
