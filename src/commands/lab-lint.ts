import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { KubelabError } from '../errors/errors.ts';
import { exitCodes } from '../errors/catalogue.ts';
import { errorCode } from '../errors/system-error.ts';
import { type ApiFields, parseApiFields } from '../kubernetes/api-fields.ts';
import { listLabFolders, type LabFolderName, pickLabFolder } from '../labs/find-labs.ts';
import { type LintFinding, writeFinding } from '../labs/lint/finding.ts';
import { labFile } from '../labs/load-lab.ts';
import type { Block } from '../ui/block.ts';
import { type CommandResult, defineCommand } from './command.ts';
import type { Context } from './context.ts';

export const labLint = defineCommand({
  name: 'lint',
  summary: 'find what is wrong with labs, without a cluster',
  description:
    'Reads labs and runs nothing. Ends with exit code 2 when there is an error. Without a lab named: the one in this folder, or else every lab that there is.',
  args: { labs: { summary: 'folders of labs, folders with labs in them, or ids', optional: true, variadic: true } },
  flags: { sarif: { type: 'boolean', summary: 'print SARIF 2.1.0, for code review' } },
  examples: [
    { command: 'kubelab lab lint labs/first-pod', what: 'a lab in a folder' },
    { command: 'kubelab lab lint labs --sarif > lint.sarif', what: 'every lab in labs/, for code review' },
    { command: 'kubelab lab lint --json', what: 'as data' },
  ],
  run: async ({ args, flags }, context) => runLint(args.labs, flags.sarif, context),
});

async function runLint(asked: readonly string[], sarif: boolean, context: Context): Promise<CommandResult> {
  const { lintLab } = await import('../labs/lint/lint-lab.ts');
  const api = await readApiFields(context.folders.package);
  const labs: { id: string; folder: string; findings: readonly LintFinding[] }[] = [];
  for (const { id, folder, shown } of await findFolders(asked, context)) {
    context.signal.throwIfAborted();
    const found = lintLab(folder, shown, api, { signal: context.signal });
    labs.push({ id, folder, findings: await found.catch((error: unknown) => asFindings(error, shown)) });
  }
  const findings = labs.flatMap((lab) => lab.findings);
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  const exitCode = errors > 0 ? exitCodes.wrongUse : exitCodes.done;
  if (sarif) {
    const { toSarif } = await import('../labs/lint/sarif.ts');
    return { data: toSarif(findings), exitCode };
  }
  return { data: { labs, errors, warnings }, exitCode, human: () => describe(labs.length, findings, errors, warnings) };
}

/** What lint knows of Kubernetes' API. */
export async function readApiFields(packageFolder: string): Promise<ApiFields> {
  return parseApiFields(await readFile(path.join(packageFolder, 'labs', 'kubernetes-fields.json'), 'utf8'));
}

/**
 * A lab that can not be read at all must not hide what is wrong with others, whether kubelab or the system refuses to read it.
 * Anything else is a mistake of kubelab's own, which a finding would lay at the author's door.
 */
function asFindings(error: unknown, shown: string): LintFinding[] {
  if (!(error instanceof KubelabError) && !isSystemError(error)) throw error;
  return [{ rule: 'LAB001', severity: 'error', message: error.message, file: `${shown}/${labFile}`, line: 1, column: 1 }];
}

/** EACCES and the like. Node's own errors, which come from wrong calls, have names such as ERR_INVALID_ARG_TYPE. */
function isSystemError(error: unknown): error is Error {
  return /^E[A-Z0-9]+$/.test(errorCode(error) ?? '');
}

async function findFolders(asked: readonly string[], { cwd, folders }: Context): Promise<LabFolderName[]> {
  const known = await listLabFolders(folders);
  if (asked.length === 0) {
    const here = await foldersAt(cwd, '.');
    return here.length > 0 && (await isFile(path.join(cwd, labFile))) ? here : known;
  }
  const found: LabFolderName[] = [];
  for (const one of asked) {
    const at = await foldersAt(path.resolve(cwd, one), one.replace(/\/+$/, '') || one);
    found.push(...(at.length > 0 ? at : [pickLabFolder(known, one)]));
  }
  return found;
}

/** The lab in a folder, or those in the folders in it. */
async function foldersAt(folder: string, shown: string): Promise<LabFolderName[]> {
  const name = (inner: string): LabFolderName => {
    const own = path.join(folder, inner);
    return { id: path.basename(own), folder: own, shown: path.posix.join(shown, inner), origin: { kind: 'folder' } };
  };
  if (await isFile(path.join(folder, labFile))) return [name('')];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const inner: LabFolderName[] = [];
  for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1)))
    if (entry.isDirectory() && (await isFile(path.join(folder, entry.name, labFile)))) inner.push(name(entry.name));
  return inner;
}

async function isFile(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.isFile() === true;
}

function describe(labs: number, findings: readonly LintFinding[], errors: number, warnings: number): Block[] {
  const many = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
  if (findings.length === 0) return [{ kind: 'text', tone: 'good', text: `Nothing is wrong with ${many(labs, 'lab')}.` }];
  const text = `${many(errors, 'error')} and ${many(warnings, 'warning')} in ${many(labs, 'lab')}.`;
  return [
    { kind: 'verbatim', text: findings.map(writeFinding).join('\n') },
    { kind: 'text', tone: errors > 0 ? 'bad' : 'careful', text },
  ];
}
