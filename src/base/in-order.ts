/**
 * Works on items with at most `width` under way at a time and yields the results in the items' order. The first failure is thrown when
 * its turn comes; what is still under way then is awaited, so that nothing runs on behind the caller's back.
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  width: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = [];
  try {
    for (const item of items) {
      const started = work(item);
      started.catch(() => {}); // Reported when its turn comes, not as unhandled before.
      underWay.push(started);
      if (underWay.length >= width) yield await (underWay.shift() as Promise<Result>);
    }
    while (underWay.length > 0) yield await (underWay.shift() as Promise<Result>);
  } finally {
    await Promise.allSettled(underWay);
  }
}
