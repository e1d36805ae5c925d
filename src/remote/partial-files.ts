import type { Hash } from 'node:crypto';
import { join } from 'node:path';
import { isSystemError } from '../base/errors.ts';
import type { OpenFile } from '../base/ports/file-system.ts';
import type { LocalSide } from './local-side.ts';

/** Where unfinished downloads are. */
type Place = Pick<LocalSide, 'ports' | 'mgitDirectory'>;

/**
 * Downloads that are not finished: `tmp/<id>.<unique>.partial`. Each process writes to a file of its own, so that two fetches of one
 * repository cannot spoil each other's; what an earlier one left is copied, and removed once nobody has written to it for a while.
 */
const QUIET_NS = 60n * 1_000_000_000n;

const SLICE_BYTES = 1 << 20;

/** A path for a new download. */
export function partialPath({ ports, mgitDirectory }: Place, id: string): string {
  const unique = Buffer.from(ports.randomBytes(8)).toString('hex');
  return join(mgitDirectory, 'tmp', `${id}.${unique}.partial`);
}

/** Copies the longest download that was left behind to the beginning of a new one, and into a hash; returns its length. */
export async function continuePartial(
  local: Place,
  wanted: { readonly id: string; readonly size: number },
  into: { readonly file: OpenFile; readonly path: string; readonly hash: Hash },
): Promise<number> {
  const others = (await partialsOf(local, wanted.id)).filter(({ path }) => path !== into.path);
  const [longest] = others.filter(({ size }) => size <= wanted.size).sort((a, b) => b.size - a.size);
  if (longest === undefined) return 0;
  const length = await copy(local, longest.path, into);
  if (longest.isQuiet) await removeIfThere(local, longest.path);
  return length;
}

/** Removes downloads of a pack that is here, but for those that somebody is still busy with. */
export async function removePartials(local: Place, id: string): Promise<void> {
  for (const { path, isQuiet } of await partialsOf(local, id)) if (isQuiet) await removeIfThere(local, path);
}

interface Partial {
  readonly path: string;
  readonly size: number;
  readonly isQuiet: boolean;
}

async function partialsOf({ ports, mgitDirectory }: Place, id: string): Promise<readonly Partial[]> {
  const directory = join(mgitDirectory, 'tmp');
  const now = BigInt(ports.clock.now()) * 1_000_000n;
  const found: Partial[] = [];
  for (const { name } of await ports.fs.readDirectory(directory)) {
    if (!name.startsWith(`${id}.`) || !name.endsWith('.partial')) continue;
    const path = join(directory, name);
    const stat = await ports.fs.stat(path).catch(ifThere);
    if (stat) found.push({ path, size: stat.size, isQuiet: stat.mtimeNs + QUIET_NS < now });
  }
  return found;
}

/** Whoever wrote it wrote from the beginning to the end, so what can be read is a beginning. */
async function copy(
  { ports }: Place,
  from: string,
  into: { readonly file: OpenFile; readonly hash: Hash },
): Promise<number> {
  const source = await ports.fs.open(from, 'read').catch(ifThere);
  if (source === undefined) return 0;
  const buffer = new Uint8Array(SLICE_BYTES);
  let position = 0;
  try {
    for (let length = buffer.length; length === buffer.length; position += length) {
      length = await source.read(buffer, position);
      await into.file.write(buffer.subarray(0, length), position);
      into.hash.update(buffer.subarray(0, length));
    }
  } finally {
    await source.close();
  }
  return position;
}

async function removeIfThere({ ports }: Place, path: string): Promise<void> {
  await ports.fs.removeFile(path).catch(ifThere);
}

function ifThere(error: unknown): undefined {
  if (!isSystemError(error, 'ENOENT')) throw error;
  return undefined;
}
