import { fileExists } from '../../exec/file-exists.ts';
import { missingProgram } from '../../exec/search-path.ts';

/** Debian packages that building needs: the C compiler for runc, flannel and pause, and what those link against. */
const needs: readonly { readonly package: string; readonly program?: string; readonly file?: string }[] = [
  { package: 'gcc', program: 'gcc' },
  { package: 'libc6-dev', file: '/usr/include/stdlib.h' },
  { package: 'libseccomp-dev', file: '/usr/include/seccomp.h' },
  { package: 'pkg-config', program: 'pkg-config' },
  { package: 'git', program: 'git' },
  { package: 'ca-certificates', file: '/etc/ssl/certs/ca-certificates.crt' },
];

/** The packages that the go source lacks on this host. Go itself is not among them: distributions have old ones. */
export async function missingBuildPackages(searchPath: string | undefined): Promise<string[]> {
  const missing = await Promise.all(
    needs.map(async ({ program, file }) => {
      if (program !== undefined) return missingProgram(program, searchPath);
      return !(await fileExists(file ?? ''));
    }),
  );
  return needs.filter((_, index) => missing[index] === true).map((need) => need.package);
}
