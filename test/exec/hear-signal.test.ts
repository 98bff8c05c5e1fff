import { stat } from 'node:fs/promises';
import { expect, it, onTestFinished } from 'vitest';
import { Interrupted } from '../../src/errors/errors.ts';
import { hearSignal } from '../../src/exec/hear-signal.ts';

it('hears a real signal that came while nothing else could run', async () => {
  const abort = new AbortController();
  const onSignal = () => abort.abort();
  process.on('SIGUSR2', onSignal);
  onTestFinished(() => void process.off('SIGUSR2', onSignal));
  await expect(hearSignal(abort.signal)).resolves.toBeUndefined();
  // What comes after reading a file runs right before the first round of immediates.
  await stat(import.meta.filename);
  process.kill(process.pid, 'SIGUSR2');
  expect(abort.signal.aborted).toBe(false);
  await expect(hearSignal(abort.signal)).rejects.toThrow(Interrupted);
});
