/** Runs an operation a number of times, one after the other. @returns microseconds per operation. */
export async function timeEach<Input>(inputs: readonly Input[], operation: (input: Input) => unknown): Promise<number> {
  const start = process.hrtime.bigint();
  for (const input of inputs) {
    await operation(input);
  }
  return Number(process.hrtime.bigint() - start) / 1000 / inputs.length;
}

/** The same for an operation that answers at once, so that no microtask is counted to it. */
export function timeEachSync<Input>(inputs: readonly Input[], operation: (input: Input) => unknown): number {
  const start = process.hrtime.bigint();
  for (const input of inputs) {
    operation(input);
  }
  return Number(process.hrtime.bigint() - start) / 1000 / inputs.length;
}

/**
 * Keeps a number of operations under way for a time, and then lets them end.
 * @param durationMs milliseconds during which new operations begin.
 * @returns operations per second.
 */
export async function measureThroughput(
  operation: (worker: number) => Promise<unknown>,
  { concurrency, durationMs }: { readonly concurrency: number; readonly durationMs: number },
): Promise<number> {
  const start = performance.now();
  let count = 0;
  const work = async (worker: number): Promise<void> => {
    while (performance.now() - start < durationMs) {
      await operation(worker);
      count++;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, (_, worker) => work(worker)));
  return (count * 1000) / (performance.now() - start);
}
