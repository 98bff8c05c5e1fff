import { placesIn, type RuleFinding } from './finding.ts';
import type { LabSubject } from './subject.ts';

interface SecretKind {
  readonly what: string;
  /** Of fixed beginnings and bounded counts: no text takes long to look through. */
  readonly pattern: RegExp;
}

const keyOwners = ['', 'RSA ', 'EC ', 'DSA ', 'OPENSSH ', 'ENCRYPTED '];

/** How a text begins in base64: the three bytes that it may end within are left out. */
function inBase64(text: string): string {
  return Buffer.from(text).toString('base64', 0, text.length - (text.length % 3));
}

const encodedHeaders = keyOwners.map((owner) => inBase64(`-----BEGIN ${owner}PRIVATE KEY`).replaceAll('+', String.raw`\+`));

// Sources: the documents of AWS, GitHub, GitLab, Slack, Google, npm and Stripe on what their keys and tokens begin with.
const kinds: readonly SecretKind[] = [
  { what: 'a private key', pattern: /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g },
  { what: 'a private key in base64', pattern: new RegExp(encodedHeaders.join('|'), 'g') },
  // The key in AWS's own documents ends in EXAMPLE, and opens nothing.
  { what: 'an access key of AWS', pattern: /\b(?:AKIA|ASIA)(?![0-9A-Z]{9}EXAMPLE)[0-9A-Z]{16}\b/g },
  { what: 'a token of GitHub', pattern: /\b(?:gh[opusr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{36})/g },
  { what: 'a token of GitLab', pattern: /\bglpat-[A-Za-z0-9_-]{20}/g },
  { what: 'a token of Slack', pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{10}/g },
  { what: 'an API key of Google', pattern: /\bAIza[A-Za-z0-9_-]{35}/g },
  { what: 'a token of npm', pattern: /\bnpm_[A-Za-z0-9]{36}/g },
  { what: 'a key of Stripe', pattern: /\b[rs]k_live_[A-Za-z0-9]{16}/g },
];

/** LAB045: what opens something is not handed on to everybody who takes the lab. */
export function judgeSecrets({ files }: Pick<LabSubject, 'files'>): RuleFinding[] {
  return [...files].flatMap(([file, text]) => (text === undefined ? [] : findSecrets(text, file)));
}

function findSecrets(text: string, file: string): RuleFinding[] {
  const found = kinds.flatMap(({ what, pattern }) => [...text.matchAll(pattern)].map(({ index }) => ({ what, index })));
  if (found.length === 0) return [];
  const place = placesIn(text);
  return found.map(({ what, index }): RuleFinding => {
    const message = `this looks like ${what}: have setup make what the lab needs`;
    return { rule: 'LAB045', message, at: { file, ...place(index) } };
  });
}
