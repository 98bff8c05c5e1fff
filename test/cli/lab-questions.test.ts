import { describe, expect, it } from 'vitest';
import { askToReset } from '../../src/commands/lab-questions.ts';

describe('what is asked before a reset', () => {
  const lab = { id: 'break-it', namespace: 'lab-break-it', reset: { first: [], also: [], clusterObjects: [] } };

  it.each([
    ['namespace', ''],
    ['nodes', ' and put the nodes back'],
    ['cluster', ' and put back what the lab changed of the nodes and of the whole cluster'],
  ] as const)('says how far it goes: %s', (isolation, beyond) =>
    expect(askToReset({ ...lab, isolation }, 'first')).toBe(
      `Delete all that is in namespace lab-break-it${beyond}, and go back to the start of step first of lab break-it?`,
    ),
  );
});
