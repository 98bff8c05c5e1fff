import type { Context } from './context.ts';

/** The program VBoxManage where it is not on the PATH: VirtualBox for Windows says in the environment where it lies. */
export function findVBoxManage({ env, machine }: Pick<Context, 'env' | 'machine'>): string | undefined {
  const folder = env['VBOX_MSI_INSTALL_PATH'] ?? env['VBOX_INSTALL_PATH'];
  if (machine.platform !== 'win32' || folder === undefined || folder === '') return undefined;
  return `${folder.replace(/[\\/]+$/, '')}/VBoxManage.exe`;
}
