import { createHash } from 'node:crypto';
import { referencesOf } from '../../../../src/store/extents/references.ts';
import { frameCodec } from '../../../../src/store/packs/codecs/registry.ts';
import { type OpenPack, openPackIn } from '../../../../src/store/packs/open-pack.ts';
import type { PackEntry } from '../../../../src/store/packs/pack-index.ts';
import { RECORD_KINDS } from '../../../../src/store/packs/records.ts';
import { loadKernels } from '../../../../src/tensor/kernels/kernels.ts';
import { examplePack } from '../../example-pack.ts';
import { memoryFile } from '../memory-file.ts';
import type { FuzzTarget } from '../target.ts';

const FOOTER_BYTES = 56;
const kernels = await loadKernels();
/** Frames are raw bytes of up to 16 MiB each: those that claim more than this are not decoded here. */
const FRAME_BYTES = 64 * 1024;

/** Packs: head and foot, index, records, and their frames against a base of zeros. */
export default {
  seeds: async () => [await examplePack()],
  parse: async input => {
    const pack = await openPackIn(memoryFile(input), 'fuzzed');
    for (let at = 0; at < pack.index.entryCount; at++) await readEntry(pack, input, pack.index.entryAt(at));
  },
  reseal,
} satisfies FuzzTarget;

async function readEntry({ index }: OpenPack, file: Uint8Array, entry: PackEntry): Promise<void> {
  index.find(entry.digest);
  referencesOf(entry);
  if (entry.kind === RECORD_KINDS.recipe) return;
  const elements = { elementSize: entry.elementSize, rotate: (entry.flags & 1) !== 0 };
  for (const { offset, storedLength, rawLength } of index.framesOf(entry)) {
    if (rawLength > FRAME_BYTES || entry.kind === RECORD_KINDS.lowRank || entry.kind === RECORD_KINDS.ia3)
      continue;
    const stored = file.slice(offset, offset + storedLength);
    const base = new Uint8Array(rawLength);
    frameCodec(entry.kind).decode(stored, new Uint8Array(rawLength), { kernels, elements, base });
  }
}

/** The digest of the index, where the footer says that it is. */
function reseal(input: Uint8Array): Uint8Array {
  const pack = Buffer.from(input);
  const footer = pack.length - FOOTER_BYTES;
  if (footer < 0) return pack;
  const from = pack.readBigUInt64LE(footer);
  if (from > BigInt(footer)) return pack;
  pack.writeBigUInt64LE(BigInt(footer) - from, footer + 8);
  createHash('sha256')
    .update(pack.subarray(Number(from), footer))
    .digest()
    .copy(pack, footer + 16);
  return pack;
}
