import { MgitError } from '../base/errors.ts';
import type { Dtype } from '../tensor/dtype.ts';
import { type ChunkMemory, freshMemory } from './chunk-memory.ts';
import type { MethodInput } from './method.ts';

/** Bytes that are fetched at a time, so that small reads cost one decoded frame and not many: whole slices, and whole blocks of a survey. */
const CHUNK_BYTES = 4 * 1024 * 1024;
/** What the chunks of all inputs take at most, where there are many; each has at least a slice of eight bytes per element. */
const [MOST_CHUNK_BYTES, LEAST_CHUNK_BYTES] = [32 * 1024 * 1024, 512 * 1024];
/** Chunks of each input in memory at least: a slice may reach across a border. */
export const CHUNKS = 2;
/** Bytes of all inputs together that are kept for a method that reads them again; what is beyond is fetched again. */
export const KEPT_BYTES = 64 * 1024 * 1024;

/** Fetches the bytes from `offset`: into `target`, or in memory that nobody changes. */
export type FetchChunk = (offset: number, target: Uint8Array) => Promise<Uint8Array>;

/** The data of one input: dense, little-endian. */
export interface InputSource {
  readonly dtype: Dtype;
  /** Bytes, as many for every input of a merge. */
  readonly length: number;
  readonly fetch: FetchChunk;
}

/** The same part of all inputs, in their order. */
type Chunks = readonly Uint8Array[];

/** The versions of one tensor, read together. Disposing them takes back what was read. */
export interface TensorInputs extends Disposable {
  /** In the order of the sources; all are to be read slice by slice. */
  readonly inputs: readonly MethodInput[];
  /** Fetches what nobody has read, to be looked at. */
  finish(): Promise<void>;
}

/** How inputs are read. */
export interface InputOptions {
  /** Sees every part before anybody reads it, in order. */
  readonly look?: (chunks: Chunks) => void;
  /** How much of all inputs together stays in memory once it was fetched, from their beginning on. */
  readonly keptBytes?: number;
  /** Default: the system's. */
  readonly memory?: ChunkMemory;
}

/**
 * Reads inputs side by side in bounded memory; in order, each byte is fetched once, and once more in each further pass unless it was
 * kept. Errors of reading: `EXTENT_CORRUPT` when an input ends early.
 */
export function openInputs(
  sources: readonly InputSource[],
  { look = () => {}, keptBytes = 0, memory: source = freshMemory }: InputOptions = {},
): TensorInputs {
  const length = sources[0]?.length ?? 0;
  const size = Math.min(chunkBytes(sources.length), length);
  const kept = size === 0 ? 0 : Math.floor(keptBytes / (size * sources.length));
  const placeOf = (chunk: number): number => (chunk < kept ? chunk : kept + ((chunk - kept) % CHUNKS));
  const memory: Buffer[][] = [];
  const memoryOf = (chunk: number): Buffer[] => {
    const place = placeOf(chunk);
    memory[place] ??= sources.map(() => source.take(size));
    return memory[place];
  };
  const fetched = new Map<number, Promise<Chunks>>();
  let seen = 0;

  const fetchAll = async (chunk: number): Promise<Chunks> => {
    const offset = chunk * size;
    const parts = await Promise.all(
      memoryOf(chunk).map((target, at) =>
        fetchWhole(sources[at], offset, target.subarray(0, Math.min(size, length - offset))),
      ),
    );
    if (chunk === seen) {
      look(parts);
      seen++;
    }
    return parts;
  };
  const chunkAt = (chunk: number): Promise<Chunks> => {
    const known = fetched.get(chunk);
    if (known) return known;
    for (const other of fetched.keys()) if (placeOf(other) === placeOf(chunk)) fetched.delete(other);
    const parts = fetchAll(chunk);
    parts.catch(() => {}); // Reported to whoever reads it.
    fetched.set(chunk, parts);
    return parts;
  };
  const read = async (at: number, offset: number, count: number): Promise<Uint8Array> => {
    if (count === 0) return new Uint8Array();
    if (offset + count > length) throw endsEarly();
    const first = Math.floor(offset / size);
    const chunk = (await chunkAt(first))[at] ?? new Uint8Array();
    const start = offset - first * size;
    if (start + count <= chunk.length) return chunk.subarray(start, start + count);
    const whole = Buffer.allocUnsafeSlow(count);
    const head = chunk.length - start;
    whole.set(chunk.subarray(start)); // Before more is fetched, perhaps into the same memory.
    whole.set(await read(at, offset + head, count - head), head);
    return whole;
  };

  return {
    inputs: sources.map(({ dtype }, at) => ({
      dtype,
      length,
      read: (offset, count) => read(at, offset, count),
    })),
    finish: async () => {
      while (seen * size < length) {
        fetched.delete(seen); // Read out of order, and not looked at.
        await chunkAt(seen);
      }
    },
    [Symbol.dispose]: () => {
      for (const buffer of memory.flat()) source.giveBack(buffer);
    },
  };
}

/** Bytes of each input that are fetched at a time: a power of two, so that chunks are whole blocks. */
export function chunkBytes(inputs: number): number {
  let size = CHUNK_BYTES;
  while (size > LEAST_CHUNK_BYTES && size * inputs > MOST_CHUNK_BYTES) size /= 2;
  return size;
}

async function fetchWhole(
  source: InputSource | undefined,
  offset: number,
  target: Uint8Array,
): Promise<Uint8Array> {
  const bytes = (await source?.fetch(offset, target)) ?? new Uint8Array();
  if (bytes.length !== target.length) throw endsEarly();
  return bytes;
}

function endsEarly(): MgitError {
  return new MgitError('EXTENT_CORRUPT', 'an input of a merge ends before its tensor does');
}
