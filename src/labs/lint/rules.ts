export type Severity = 'error' | 'warning';

export interface Rule {
  readonly severity: Severity;
  /** What is asked of a lab. */
  readonly title: string;
}

function error(title: string): Rule {
  return { severity: 'error', title };
}

function warning(title: string): Rule {
  return { severity: 'warning', title };
}

/** What labs are asked for. Ids never change and are never used again; texts may change. */
export const rules = {
  LAB001: error('lab.yaml follows its schema'),
  LAB002: error('the folder is called as the lab is'),
  LAB003: error('the folder holds only plain files of a fair size, and no links that lead out'),
  LAB004: error('files that are named are there'),
  LAB005: warning('files that are there are used'),
  LAB006: error('ids are unique'),
  LAB007: error('ids that are named are there'),
  LAB008: error('checks do not need each other in a circle'),
  LAB009: error('placeholders have a value where they are used'),
  LAB010: warning('variables are used'),
  LAB011: error('every step has its text in every complete language'),
  LAB012: error('code blocks are the same in all languages'),
  LAB013: error('placeholders are the same in all languages'),
  LAB014: error('links and images are the same in all languages'),
  LAB015: error('headings are the same in all languages'),
  LAB016: warning('a text in Korean is in Korean'),
  LAB017: error('hints and messages do not give the solution'),
  LAB018: error('Markdown holds no HTML'),
  LAB019: error('images are in the lab, and links lead to the web or into the lab'),
  LAB020: error('texts hold no control characters'),
  LAB021: error('the points to pass can be reached'),
  LAB022: warning('the minutes of the lab are those of its steps'),
  LAB023: error('checks look and change nothing'),
  LAB024: error('scripts of checks do not hide what failed'),
  LAB025: error('scripts wait for nothing without a limit'),
  LAB026: error('nothing that was downloaded is run'),
  LAB027: error('manifests can be read'),
  LAB028: error('kinds of manifests and checks are known'),
  LAB029: error('kinds are served in every version that the lab claims'),
  LAB030: error('images are named by the roles that the lab requires'),
  LAB031: warning('image roles that are required are used'),
  LAB032: error('objects are in the namespace of the lab'),
  LAB033: error('fields of manifests and checks are known and hold what they can, and none that is required is missing'),
  LAB034: warning('fields are known in every version that the lab claims'),
  LAB035: error('objects outside of namespaces are named in reset.clusterObjects'),
  LAB036: error('what is expected can be found'),
  LAB037: error('regular expressions can be read'),
  LAB038: error('kubectl waits for nobody, and reads only files of the lab'),
  LAB039: error('messages name fields of what was found'),
  LAB040: warning('a lab has wrong answers'),
  LAB041: error('nodes that are named are required'),
  LAB042: error('scripts can be read'),
  LAB043: error('actions of kubectl can be done twice'),
  LAB044: error('the solution answers every question'),
  LAB045: error('files hold no private keys and no tokens'),
  LAB046: error('the points of a step are those of its checks'),
} as const satisfies Record<string, Rule>;
export type RuleId = keyof typeof rules;
