/** Work that is started without waiting for its end; the first failure is thrown when it is next looked at. */
export interface TaskGroup {
  /** Resolves when another task may be started. Throws if an earlier one has failed. */
  start(task: Promise<unknown>): Promise<void>;
  /** Waits for all tasks, also after a failure: their buffers are free then. */
  settled(): Promise<void>;
}

/** An empty group of at most `limit` tasks at a time. */
export function taskGroup(limit: number): TaskGroup {
  const running = new Set<Promise<unknown>>();
  let failure: { readonly error: unknown } | undefined;
  const check = (): void => {
    if (failure) throw failure.error;
  };
  return {
    start: async task => {
      const tracked: Promise<unknown> = task
        .catch(error => {
          failure ??= { error };
        })
        .finally(() => running.delete(tracked));
      running.add(tracked);
      while (running.size >= limit && !failure) await Promise.race(running);
      check();
    },
    settled: async () => {
      await Promise.all(running);
      check();
    },
  };
}

/** Runs `work` on every item, at most `limit` at a time, started in order. Throws the first failure when all that began have ended. */
export async function inParallel<Item>(
  items: Iterable<Item>,
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let failure: { readonly error: unknown } | undefined;
  const lane = async (): Promise<void> => {
    for (let next = iterator.next(); !next.done && !failure; next = iterator.next()) {
      try {
        await work(next.value);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, lane));
  if (failure) throw (failure as { readonly error: unknown }).error;
}
