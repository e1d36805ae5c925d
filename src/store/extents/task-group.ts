/** Work that is started without waiting for it; the first failure is thrown when it is next looked at. */
export interface TaskGroup {
  /** Throws if an earlier task has failed. */
  start(task: Promise<unknown>): void;
  /** Waits for all tasks, also after a failure: their buffers are free then. */
  settled(): Promise<void>;
}

/** An empty group. */
export function taskGroup(): TaskGroup {
  const running = new Set<Promise<unknown>>();
  let failure: { readonly error: unknown } | undefined;
  const check = (): void => {
    if (failure) throw failure.error;
  };
  return {
    start: task => {
      const tracked: Promise<unknown> = task
        .catch(error => {
          failure ??= { error };
        })
        .finally(() => running.delete(tracked));
      running.add(tracked);
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
