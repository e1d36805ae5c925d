import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import { type PackId, parseDigest, parsePackId } from '../../base/ids.ts';
import type { Ports } from '../../base/ports/ports.ts';
import { packKeeper } from '../../store/maintenance/pack-keeper.ts';
import { storeChanged } from '../../store/maintenance/store-changed.ts';
import { makeDurableDirectory } from '../../store/packs/durable-directory.ts';
import type { PackPointer } from '../pointer.ts';
import { transferProgress } from '../progress.ts';
import type { OutgoingPack, PackBackend, PackRange, SaveReport } from './backend.ts';
import { fileSlices } from './file-stream.ts';

/** Where packs are in a directory, and where unfinished files may be; both on one file system. */
export interface PackDirectory {
  readonly location: string;
  readonly temporaryDirectory: string;
  readonly packsDirectory: string;
}

/** Packs as files beside a repository on a path: its own local packs. A crash leaves no half pack: temporary file, fsync, rename. */
export function directoryBackend(ports: Ports, directory: PackDirectory): PackBackend {
  return {
    kind: 'directory',
    location: directory.location,
    save: (packs, options) => save(ports, directory, packs, options),
    load: (pointer, range, options) => load(ports, directory, { pointer, range }, options),
    has: pointers => present(ports, directory, pointers),
    others: (known, options) => others(ports, directory, { known, options }),
  };
}

function pathOf(directory: PackDirectory, id: PackId): string {
  return `${directory.packsDirectory}/${id}.pack`;
}

async function others(
  ports: Ports,
  directory: PackDirectory,
  request: { readonly known: ReadonlySet<PackId>; readonly options: LongOperation | undefined },
): Promise<readonly PackPointer[]> {
  const pointers: PackPointer[] = [];
  for (const name of await namesIn(ports, directory.packsDirectory)) {
    const id = /^([0-9a-f]{64})\.pack$/.exec(name)?.[1];
    if (id === undefined || request.known.has(parsePackId(id))) continue;
    const hash = createHash('sha256');
    let size = 0;
    for await (const slice of fileSlices(ports.fs, `${directory.packsDirectory}/${name}`)) {
      request.options?.signal?.throwIfAborted();
      hash.update(slice);
      size += slice.length;
    }
    pointers.push({ id: parsePackId(id), oid: parseDigest(hash.digest('hex')), size });
  }
  return pointers;
}

async function namesIn(ports: Ports, directory: string): Promise<readonly string[]> {
  try {
    return (await ports.fs.readDirectory(directory)).map(entry => entry.name).sort();
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}

async function present(
  ports: Ports,
  directory: PackDirectory,
  pointers: readonly PackPointer[],
): Promise<readonly PackPointer[]> {
  const found: PackPointer[] = [];
  for (const pointer of pointers)
    if ((await sizeOf(ports, pathOf(directory, pointer.id))) === pointer.size) found.push(pointer);
  return found;
}

async function sizeOf(ports: Ports, path: string): Promise<number | undefined> {
  try {
    return (await ports.fs.stat(path)).size;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

async function save(
  ports: Ports,
  directory: PackDirectory,
  packs: readonly OutgoingPack[],
  options: LongOperation = {},
): Promise<SaveReport> {
  const there = new Set(
    await present(
      ports,
      directory,
      packs.map(pack => pack.pointer),
    ),
  );
  const keeper = packKeeper(ports, dirname(directory.packsDirectory));
  const wanted: OutgoingPack[] = [];
  for (const pack of packs)
    if (!there.has(pack.pointer) || !(await keeper.keep(pack.pointer.id))) wanted.push(pack);
  const bytes = wanted.reduce((sum, pack) => sum + pack.pointer.size, 0);
  const onBytes = transferProgress('pushing packs', bytes, options.onEvent);
  for (const pack of wanted) await copy(ports, directory, pack, { ...options, onBytes });
  // A gc over there may be about to remove packs of the same names.
  const copied = packKeeper(ports, dirname(directory.packsDirectory));
  for (const { pointer } of wanted) if (!(await copied.keep(pointer.id))) throw storeChanged();
  return { saved: wanted.map(pack => pack.pointer), bytes };
}

async function copy(
  ports: Ports,
  directory: PackDirectory,
  pack: OutgoingPack,
  options: LongOperation & { readonly onBytes: (count: number) => void },
): Promise<void> {
  const { fs } = ports;
  const target = pathOf(directory, pack.pointer.id);
  await makeDurableDirectory(fs, dirname(target)); // First: it leaves what it finds as it is.
  await fs.makeDirectory(directory.temporaryDirectory);
  const unique = Buffer.from(ports.randomBytes(8)).toString('hex');
  const temporary = `${directory.temporaryDirectory}/${pack.pointer.id}.${unique}`;
  try {
    if ((await write(ports, pack.path, temporary, options)) !== pack.pointer.oid) throw changed(pack);
    await fs.chmod(temporary, 0o444);
    await fs.rename(temporary, target);
  } catch (error) {
    await fs.removeFile(temporary).catch(() => {}); // The first failure is the one to report.
    throw error;
  }
  await fs.syncDirectory(dirname(target));
}

/** Copies and makes durable; returns the SHA-256 of what was written. */
async function write(
  ports: Ports,
  from: string,
  to: string,
  options: LongOperation & { readonly onBytes: (count: number) => void },
): Promise<string> {
  const hash = createHash('sha256');
  const file = await ports.fs.open(to, 'create');
  try {
    let position = 0;
    for await (const slice of fileSlices(ports.fs, from)) {
      options.signal?.throwIfAborted();
      await file.write(slice, position);
      hash.update(slice);
      position += slice.length;
      options.onBytes(slice.length);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}

async function* load(
  ports: Ports,
  directory: PackDirectory,
  wanted: { readonly pointer: PackPointer; readonly range: PackRange | undefined },
  options: LongOperation = {},
): AsyncGenerator<Uint8Array> {
  const { pointer, range } = wanted;
  const path = pathOf(directory, pointer.id);
  const size = await sizeOf(ports, path);
  if (size === undefined) throw absent(pointer, directory);
  if (size !== pointer.size) throw corrupt(pointer, directory);
  const hash = createHash('sha256');
  for await (const slice of fileSlices(ports.fs, path, range)) {
    options.signal?.throwIfAborted();
    hash.update(slice);
    yield slice;
  }
  if (!range && hash.digest('hex') !== pointer.oid) throw corrupt(pointer, directory);
}

function absent(pointer: PackPointer, directory: PackDirectory): MgitError {
  return new MgitError('PACK_NOT_ON_REMOTE', `${directory.location} does not have pack ${pointer.id}`, {
    hint: 'ask someone who has the pack to run mgit push again',
  });
}

function corrupt(pointer: PackPointer, directory: PackDirectory): MgitError {
  return new MgitError('TRANSFER_CORRUPT', `pack ${pointer.id} in ${directory.location} is damaged`, {
    hint: 'remove that file there and push the pack again from a clone that has it',
  });
}

function changed(pack: OutgoingPack): MgitError {
  return new MgitError(
    'TRANSFER_CORRUPT',
    `the local file of pack ${pack.pointer.id} changed while it was copied`,
    {
      hint: 'run mgit fsck',
    },
  );
}
