import { missingBuildPackages } from '../artifacts/go/host-packages.ts';
import { readIfThere, writeFileAtomic } from '../cluster/files.ts';
import { renderQuickstartSpec } from '../cluster/init-spec.ts';
import { KubelabError } from '../errors/errors.ts';
import { asRoot } from '../exec/root.ts';
import { missingProgram } from '../exec/search-path.ts';
import { missingHostPackages } from '../providers/nspawn/host-probe.ts';
import { defineCommand } from './command.ts';
import type { Context } from './context.ts';
import { runUp } from './up.ts';

export const quickstart = defineCommand({
  name: 'quickstart',
  summary: 'from nothing to a running cluster of two nodes',
  description:
    'Installs the host packages that are missing after showing them, writes a small kubelab.yaml where there is none, and runs up. Safe to run again.',
  args: {},
  flags: {},
  examples: [{ command: 'kubelab quickstart --yes', what: 'without asking before packages are installed' }],
  needsRoot: true,
  run: async (_, context) => {
    await installMissingPackages(context);
    await writeSpec(context);
    return runUp(context);
  },
});

const minute = 60_000;

async function installMissingPackages(context: Context): Promise<void> {
  if (context.machine.platform !== 'linux')
    throw new KubelabError('KL-HOST-NO-PROVIDER', `the quickstart needs Linux, and this is ${context.machine.platform}`);
  const searchPath = context.env['PATH'];
  const packages = [...(await missingHostPackages(searchPath ?? '')), ...(await missingBuildPackages(searchPath))];
  if (packages.length === 0) return;
  const list = packages.join(' ');
  if (await missingProgram('apt-get', searchPath))
    throw new KubelabError('KL-HOST-TOOL-MISSING', 'programs are missing, and this host has no apt-get to install them with', {
      details: packages,
      cure: 'Install them with the tool of your distribution; the names are those of Debian.',
    });
  context.events({ type: 'note', text: `Packages that kubelab needs and this host lacks: ${list}` });
  if (!(await context.ask({ text: `Install them with apt-get (${packages.length} packages)?`, flag: '--yes' })))
    throw new KubelabError('KL-HOST-TOOL-MISSING', 'packages are missing', {
      details: packages,
      cure: `Install them with: apt-get install ${list}`,
    });
  const root = asRoot(context.runner, context.userId);
  const options = { timeout: 20 * minute, signal: context.signal, env: { DEBIAN_FRONTEND: 'noninteractive' } };
  await root.run(['apt-get', 'update', '-q'], options);
  await root.run(['apt-get', 'install', '-y', '-q', '--no-install-recommends', ...packages], {
    ...options,
    onLine: (line) => context.events({ type: 'progress', id: 'packages', text: line.slice(0, 120) }),
  });
  context.events({ type: 'note', text: `Installed ${list}` });
}

async function writeSpec(context: Context): Promise<void> {
  if ((await readIfThere(context.specFile)) !== undefined) {
    context.events({ type: 'note', text: `Using ${context.specFile}, which is there already` });
    return;
  }
  await writeFileAtomic(context.specFile, renderQuickstartSpec());
  context.events({ type: 'note', text: `Wrote ${context.specFile}: one control plane and one worker` });
}
