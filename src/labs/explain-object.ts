import type { Localized } from './lab-fields.ts';
import type { Subject } from './look.ts';
import type { Snapshot } from './snapshot.ts';

export async function explainSubject(_subject: Subject, _snapshot: Snapshot): Promise<readonly Localized[]> {
  return [];
}
