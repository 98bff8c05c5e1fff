import { KubelabError } from '../../errors/errors.ts';

const mostFindings = 30;

/** The error for a bundle that can not be used, with all that is wrong with it. */
export function refuseBundle(file: string, findings: readonly string[], cure?: string): KubelabError {
  const rest = findings.length - mostFindings;
  const details = [...findings.slice(0, mostFindings), ...(rest > 0 ? [`and ${rest} more`] : [])];
  return new KubelabError('KL-BUNDLE-INVALID', `${file} can not be used`, { details, ...(cure === undefined ? {} : { cure }) });
}

/** A path out of a file that nobody checked yet, safe to show. */
export function showPath(path: string): string {
  return JSON.stringify(path.length > 100 ? `${path.slice(0, 100)}…` : path);
}
