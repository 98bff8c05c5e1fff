/**
 * Milliseconds of the processor that some work takes. A machine that does much else beside does not make them more, as it does
 * the time until the work is done.
 */
export async function processorTime(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
