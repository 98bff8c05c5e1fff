/** The API server refused, failed or could not be reached. The message may hold text from the cluster. */
export class ApiError extends Error {
  /** The HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;

  constructor(message: string, status?: number, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ApiError';
    this.status = status;
  }
}

const longest = 500;

/** What an answer that is none says: the message of its Status object, or the status alone. */
export function explainStatus(body: string, status: number): string {
  const message = messageOf(body);
  return message === '' ? `the API server answered ${status}` : `the API server answered ${status}: ${message.slice(0, longest)}`;
}

function messageOf(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== 'object' || parsed === null || !('message' in parsed)) return '';
    return typeof parsed.message === 'string' ? parsed.message : '';
  } catch {
    return '';
  }
}
