import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A module of src, compiled as it stands now, so that child processes can import it. */
export interface CompiledModule {
  readonly path: string;
  remove(): void;
}

/** @param module such as `src/cluster/files.ts`. */
export function compileModule(module: string): CompiledModule {
  const root = resolve(import.meta.dirname, '../..');
  const folder = mkdtempSync(join(tmpdir(), 'kubelab-compiled-'));
  const compilerOptions = {
    outDir: join(folder, 'out'),
    rootDir: root,
    typeRoots: [join(root, 'node_modules/@types')],
    incremental: false,
    tsBuildInfoFile: null,
    noCheck: true,
  };
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include: [], files: [join(root, module)] }),
  );
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder]);
  return {
    path: join(folder, 'out', module.replace(/\.ts$/, '.js')),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
