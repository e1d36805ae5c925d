import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest, PackId } from '../../src/base/ids.ts';
import { encodePackIndex, type NewEntry } from '../../src/store/packs/encode-index.ts';
import { encodeFooter, PACK_HEADER } from '../../src/store/packs/pack-frame.ts';
import { RECORD_KINDS } from '../../src/store/packs/records.ts';

const FRAME = new Uint8Array(16);

/** Writes a pack that claims to hold these extents raw, of 16 zeros each; only its index makes sense. */
export async function writeTinyPack(directory: string, digests: Iterable<Digest>): Promise<PackId> {
  const entries = [...new Set(digests)].map(rawEntry);
  const index = encodePackIndex(entries);
  const { footer, id } = encodeFooter(index, PACK_HEADER.length + FRAME.length);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, `${id}.pack`), Buffer.concat([PACK_HEADER, FRAME, index, footer]));
  return id;
}

function rawEntry(digest: Digest): NewEntry {
  return {
    digest,
    length: FRAME.length,
    segmentStart: 0,
    segmentSpan: FRAME.length,
    kind: RECORD_KINDS.raw,
    elementSize: 1,
    flags: 0,
    parameters: new Uint8Array(),
    frames: [{ offset: PACK_HEADER.length, storedLength: FRAME.length, rawLength: FRAME.length }],
  };
}
