import type { Region } from '../tensor/kernels/arena.ts';
import { type Kernels, loadKernels } from '../tensor/kernels/kernels.ts';
import type { Register } from './workspace.ts';

/** A value that is wanted: the one at `rank` (0 the smallest) of a vector of numbers that are neither negative nor NaN. */
export interface RankQuery {
  /** The vector's place among those that the scan shows. */
  readonly vector: number;
  readonly rank: number;
}

/** What was found at a rank. */
export interface RankedValue {
  readonly value: number;
  /** How many elements are smaller, and how many are equal to it. */
  readonly below: number;
  readonly equal: number;
}

/** Goes over all elements once and shows them, slice by slice: the vectors' registers, of `count` elements each. */
export type Scan = (look: (vectors: readonly Register[], count: number) => void) => Promise<void>;

/** Buckets of a digit of 16 bits, each a u64. */
const BUCKETS = 65_536;

/** A query under way: the bits that are known, and the rank among the elements that begin with them. */
interface Search {
  readonly vector: number;
  readonly prefix: bigint;
  readonly rank: number;
  readonly below: number;
  readonly equal: number;
}

/**
 * Selects values by rank without sorting and in constant memory: the numbers' bits, 16 at a time from the most significant, in one
 * histogram and one scan per digit (two scans for float32, four for float64). All queries share the scans. Non-negative floats are
 * ordered as their bits are. Ranks are below the vectors' lengths.
 */
export async function selectByRank(
  scan: Scan,
  queries: readonly RankQuery[],
  type: 'F32' | 'F64',
): Promise<readonly RankedValue[]> {
  const kernels = await loadKernels();
  const digits = type === 'F64' ? 4 : 2;
  let searches = queries.map((query): Search => ({ ...query, prefix: 0n, below: 0, equal: 0 }));
  for (let digit = 0; digit < digits; digit++)
    searches = await narrow(kernels, { scan, searches, digit, type });
  return searches.map(({ prefix, below, equal }) => ({ value: numberOf(prefix, type), below, equal }));
}

interface Step {
  readonly scan: Scan;
  readonly searches: readonly Search[];
  readonly digit: number;
  readonly type: 'F32' | 'F64';
}

async function narrow(kernels: Kernels, { scan, searches, digit, type }: Step): Promise<Search[]> {
  const kernel = type === 'F64' ? kernels.exports.histogramF64 : kernels.exports.histogramF32;
  const keyOf = ({ vector, prefix }: Search): string => `${vector} ${prefix}`;
  const distinct = [...new Map(searches.map(search => [keyOf(search), search])).values()];
  using stack = new DisposableStack();
  const counts = new Map(distinct.map(search => [keyOf(search), stack.use(cleared(kernels))]));
  await scan((vectors, count) => {
    for (const search of distinct) {
      const [target, source] = [counts.get(keyOf(search)), vectors[search.vector]];
      if (target && source) kernel(target.pointer, source.pointer, count, digit, Number(search.prefix));
    }
  });
  return searches.map(search => choose(search, countsIn(counts.get(keyOf(search)))));
}

function cleared({ borrow }: Kernels): Region {
  const region = borrow(BUCKETS * 8);
  region.bytes.fill(0);
  return region;
}

function countsIn(region: Region | undefined): BigUint64Array {
  if (!region) return new BigUint64Array();
  const { buffer, byteOffset } = region.bytes;
  return new BigUint64Array(buffer, byteOffset, BUCKETS);
}

/** The bucket that holds the rank. */
function choose(search: Search, counts: BigUint64Array): Search {
  let before = 0;
  for (const [bucket, found] of counts.entries()) {
    const equal = Number(found);
    if (search.rank < before + equal)
      return {
        vector: search.vector,
        prefix: (search.prefix << 16n) + BigInt(bucket),
        rank: search.rank - before,
        below: search.below + before,
        equal,
      };
    before += equal;
  }
  throw new Error(`a rank of ${search.rank} is beyond the ${before} elements that were scanned`);
}

function numberOf(bits: bigint, type: 'F32' | 'F64'): number {
  return type === 'F64'
    ? (new Float64Array(BigUint64Array.of(bits).buffer)[0] ?? 0)
    : (new Float32Array(Uint32Array.of(Number(bits)).buffer)[0] ?? 0);
}
