/** Stands where a secret was. */
export const redacted = '[redacted]';

/** A given secret shorter than this is not looked for: it would tear ordinary text apart. */
export const shortestSecret = 6;

/** Each matches one whole secret in its group `secret`, or is one where it has no such group. */
const patterns: readonly RegExp[] = [
  // A block without an end may have been cut off, so all that follows its beginning counts as key.
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[^]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/dg,
  // A bootstrap token.
  /(?<![A-Za-z0-9])[a-z0-9]{6}\.[a-z0-9]{16}(?![A-Za-z0-9])/dg,
  /client-key-data["']?\s*[:=]\s*["']?(?<secret>[A-Za-z0-9+/=]+)/dg,
  // As a flag, as a field, and as kubeadm prints it on a line of its own.
  /certificate[-_ ]?key["']?[\s:=]{1,200}["']?(?<secret>[0-9a-f]{32,})/dgi,
  // A service account's token.
  /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]+\.eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+/dg,
];

type Span = readonly [start: number, end: number];

/**
 * The text without secrets: neither those given, plain or in base64, nor anything that looks like a private key,
 * a bootstrap token, a certificate key or a service account's token.
 */
export function redact(text: string, secrets: readonly string[]): string {
  const spans = [...findPatterns(text), ...findSecrets(text, secrets)].sort((a, b) => a[0] - b[0]);
  const kept: string[] = [];
  let position = 0;
  for (const [start, end] of spans) {
    if (start >= position) kept.push(text.slice(position, start), redacted);
    position = Math.max(position, end);
  }
  return kept.join('') + text.slice(position);
}

function findPatterns(text: string): Span[] {
  return patterns.flatMap((pattern) =>
    [...text.matchAll(pattern)].map(
      (match): Span => match.indices?.groups?.secret ?? [match.index, match.index + match[0].length],
    ),
  );
}

function findSecrets(text: string, secrets: readonly string[]): Span[] {
  const forms = secrets.filter((secret) => secret.length >= shortestSecret).flatMap((secret) => [secret, toBase64(secret)]);
  return [...new Set(forms)].flatMap((form) => findAll(text, form));
}

/** Every place, also those that overlap. */
function findAll(text: string, part: string): Span[] {
  const spans: Span[] = [];
  for (let start = text.indexOf(part); start >= 0; start = text.indexOf(part, start + 1))
    spans.push([start, start + part.length]);
  return spans;
}

/** Without the padding, which a longer text in base64 may not have at this place. */
function toBase64(secret: string): string {
  return Buffer.from(secret).toString('base64').replace(/=+$/, '');
}
