import { showText } from '../../cluster/yaml-document.ts';
import { segment } from '../lab-folder.ts';
import { lockFile } from './pack-lock.ts';
import { packLimits } from './pack-limits.ts';
import { packFile } from './pack.ts';

/** What may stand beside pack.yaml and labs/. */
export const besideLabs = ['LICENSE', 'NOTICE', 'README.md', 'README.ko.md'] as const;

const atRoot: readonly string[] = [packFile, lockFile, ...besideLabs];

/** Together short enough that every path fits the fields of a tar header. */
const longestSegment = 60;
const longestPath = 190;

/** Names that are devices on Windows, whatever follows a dot. */
const device = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;

/** Why no file or folder of a pack may have this path; undefined when it may. */
export function refusePath(path: string): string | undefined {
  const segments = path.split('/');
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'is an absolute path';
  if (segments.includes('..')) return 'leads out of the pack';
  const wrong = segments.find((name) => !segment.test(name));
  if (wrong !== undefined) return `has a name that a pack can not have: ${showText(wrong)}`;
  if (segments.some((name) => name.endsWith('.') || device.test(name))) return 'has a name that Windows can not have';
  if (path.length > longestPath || segments.some((name) => name.length > longestSegment)) return 'has a name that is too long';
  if (segments.length > packLimits.depth) return 'lies too deep';
  return segments.length === 1 && segments[0] !== 'labs' && !atRoot.includes(path) ? 'does not belong in a pack' : undefined;
}

/** Keeps account of the paths of one pack, and finds those that mean the same file. */
export interface PathBook {
  /** Why this path may not be there beside those noted before; undefined when it may, and it is noted then. */
  note(path: string, kind: 'file' | 'folder'): string | undefined;
}

export function openPathBook(): PathBook {
  const known = new Map<string, { readonly path: string; readonly kind: 'file' | 'folder' }>();
  const noteOne = (path: string, kind: 'file' | 'folder'): string | undefined => {
    const folded = path.toLowerCase();
    const other = known.get(folded);
    if (other === undefined) known.set(folded, { path, kind });
    else if (other.path !== path) return `differs from ${showText(other.path)} by its letters' case alone`;
    else if (other.kind !== kind) return 'is there both as a file and as a folder';
    else if (kind === 'file') return 'is there twice';
    return undefined;
  };
  return {
    note: (path, kind) => {
      const refused = refusePath(path);
      if (refused !== undefined) return refused;
      const segments = path.split('/');
      const above = segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('/'));
      for (const folder of above) {
        const wrong = noteOne(folder, 'folder');
        if (wrong !== undefined) return folder === path ? wrong : `lies in ${showText(folder)}, which ${wrong}`;
      }
      return noteOne(path, kind);
    },
  };
}
