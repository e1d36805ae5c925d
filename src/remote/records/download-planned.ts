import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { MgitError } from '../../base/errors.ts';
import { inOrder } from '../../base/in-order.ts';
import { makeDurableDirectory } from '../../store/packs/durable-directory.ts';
import { PACK_HEADER } from '../../store/packs/pack-frame.ts';
import type { PackBackend } from '../backends/backend.ts';
import type { DownloadOptions } from '../download-file.ts';
import type { LocalSide } from '../local-side.ts';
import { continuePartial, partialPath } from '../partial-files.ts';
import { type ByteRange, byteRanges } from './byte-ranges.ts';
import type { PlannedPack } from './plan-packs.ts';

const REQUESTS_AT_ONCE = 4;

/**
 * Downloads what a planned pack is made of to a file of its own in `tmp/` and returns its path; nothing is verified. With `continues`, what
 * an interrupted download left there is taken up. Errors: `RANGES_IGNORED` as soon as the server shows that it sends whole packs whatever
 * it is asked for; as {@link PackBackend.load}; the file is left for the next attempt then.
 */
export async function downloadPlanned(
  local: LocalSide,
  backend: PackBackend,
  pack: PlannedPack,
  options: DownloadOptions & { readonly continues: boolean },
): Promise<string> {
  const { fs } = local.ports;
  await makeDurableDirectory(fs, join(local.mgitDirectory, 'tmp'));
  const path = partialPath(local, pack.id);
  const file = await fs.open(path, 'create');
  let position = 0;
  try {
    const left = { file, path, hash: createHash('sha256') };
    position = options.continues ? await continuePartial(local, pack, left) : 0;
    options.onBytes(position);
    for await (const bytes of bytesFrom(backend, pack, { position, signal: options.signal })) {
      await file.write(bytes, position);
      position += bytes.length;
      options.onBytes(bytes.length);
    }
    return path;
  } catch (error) {
    if (position === 0) await fs.removeFile(path);
    throw error;
  } finally {
    await file.close();
  }
}

interface Rest {
  readonly position: number;
  readonly signal: AbortSignal | undefined;
}

/** The pack's bytes from a position on: header, frames, tail. */
async function* bytesFrom(
  backend: PackBackend,
  { frames, tail, size }: PlannedPack,
  { position, signal }: Rest,
): AsyncGenerator<Uint8Array> {
  if (position < PACK_HEADER.length) yield PACK_HEADER.subarray(position);
  const ranges = byteRanges(frames, Math.max(0, position - PACK_HEADER.length));
  for await (const pieces of inOrder(ranges, REQUESTS_AT_ONCE, range => load(backend, range, signal))) {
    yield* pieces;
    if (backend.ignoresRanges?.()) throw rangesIgnored(backend);
  }
  yield tail.subarray(Math.max(0, position - (size - tail.length)));
}

async function load(
  backend: PackBackend,
  { pack, offset, length, keep }: ByteRange,
  signal: AbortSignal | undefined,
): Promise<readonly Uint8Array[]> {
  const bytes = new Uint8Array(length);
  let got = 0;
  for await (const slice of backend.load(pack, { offset, length }, signal ? { signal } : {})) {
    if (got + slice.length > length) throw wrongLength(pack.id);
    bytes.set(slice, got);
    got += slice.length;
  }
  if (got !== length) throw wrongLength(pack.id);
  return keep.map(piece => bytes.subarray(piece.offset - offset, piece.offset - offset + piece.length));
}

function wrongLength(id: string): MgitError {
  return new MgitError('TRANSFER_CORRUPT', `a part of pack ${id} did not arrive in its length`, {
    hint: 'run the command again; if it stays so, push the pack again from a clone that has it',
  });
}

function rangesIgnored({ location }: PackBackend): MgitError {
  return new MgitError('RANGES_IGNORED', `${location} sends whole packs where parts are asked for`, {
    hint: 'fetch whole packs: mgit fetch --all-tensors',
  });
}
