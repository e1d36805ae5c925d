/** An input, and the blocks that it runs. */
export interface Pooled {
  readonly input: Uint8Array;
  readonly blocks: readonly number[];
}

/** What is committed of a target stays small: a search finds the rest again. */
const MOST_INPUTS = 12;
const MOST_BYTES = 6 * 1024;

/** Greedy: one after the other the input that runs most of the blocks that none before it has run, the seeds' aside; the smaller of equals. */
export function smallCover(seeds: readonly Pooled[], pool: readonly Pooled[]): readonly Uint8Array[] {
  const covered = new Set(seeds.flatMap(({ blocks }) => blocks));
  const small = pool.filter(({ input }) => input.length <= MOST_BYTES);
  const bySize = small.sort((left, right) => left.input.length - right.input.length);
  const gainOf = ({ blocks }: Pooled): number => blocks.filter(block => !covered.has(block)).length;
  const cover: Uint8Array[] = [];
  while (cover.length < MOST_INPUTS) {
    const gains = bySize.map(gainOf);
    const most = Math.max(0, ...gains);
    const best = bySize[gains.indexOf(most)];
    if (most === 0 || !best) break;
    for (const block of best.blocks) covered.add(block);
    cover.push(best.input);
  }
  return cover;
}
