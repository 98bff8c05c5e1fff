import { KubelabError } from '../errors/errors.ts';
import type { LoadedLab } from '../labs/load-lab.ts';
import { findPackOf, type InstalledPack, isTrusted, rememberTrust } from '../labs/pack/pack-trust.ts';
import { canAsk } from '../ui/ask.ts';
import type { Context } from './context.ts';
import type { Existing } from './existing.ts';

export const trustFlag = {
  trust: { type: 'boolean', summary: 'trust the pack of the lab, where nodes share the kernel of this host' },
} as const;

/**
 * Asks the user about packs whose labs are about to run, where nodes share this host's kernel: a script that is root there
 * may find its way out. An answer is kept until the pack changes. Labs that kubelab ships are part of what the user runs
 * already, and to name a folder by its path is to say that what is in it may run.
 * @param trusted whether the user has said so beforehand, by --trust.
 * @throws KubelabError `KL-LAB-TRUST` when the user says no, or can not be asked.
 */
export async function requireTrust(
  context: Context,
  { provider }: Pick<Existing, 'provider'>,
  labs: readonly Pick<LoadedLab, 'lab' | 'folder'>[],
  trusted = false,
): Promise<void> {
  if (provider.capabilities.isolation === 'strong') return;
  const { state } = context.folders;
  for (const { lab, folder } of labs) {
    const pack = await findPackOf(state, folder.root);
    if (pack === undefined || (await isTrusted(state, pack))) continue;
    if (!trusted && !(await askForTrust(context, pack, lab.id))) throw notTrusted(pack, lab.id);
    await rememberTrust(state, pack);
  }
}

async function askForTrust(context: Context, pack: InstalledPack, lab: string): Promise<boolean> {
  if (!canAsk(context.streams)) return false;
  return context.ask({
    text:
      `Lab ${lab} is from the pack ${pack.name} ${pack.version}, which is not part of kubelab. The scripts of its labs run ` +
      'as root in containers that share the kernel of this host, and who made the pack is not checked. Do you trust it?',
    flag: '--trust',
    apart: true,
  });
}

function notTrusted({ name, version }: InstalledPack, lab: string): KubelabError {
  return new KubelabError('KL-LAB-TRUST', `Lab ${lab} is from the pack ${name} ${version}, which you have not said to trust.`, {
    cure: `If you trust who made it: kubelab lab start ${name}/${lab} --trust. Nodes on virtual machines need no trust.`,
    ko: {
      message: `${lab} 실습이 든 ${name} ${version} 팩을 믿는다고 말한 적이 없습니다.`,
      cure: `만든 사람을 믿는다면 다음을 실행하세요: kubelab lab start ${name}/${lab} --trust. 가상 머신 노드에서는 필요 없습니다.`,
    },
  });
}
