import { join } from 'node:path';
import { isSystemError } from '../../base/errors.ts';
import { type Digest, type PackId, parsePackId } from '../../base/ids.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { type OpenPack, openPackFile } from '../packs/open-pack.ts';
import { type LocatedRecord, locateRecord } from './locate.ts';

/** The packs of one directory. They are immutable; other processes may add some at any time. */
export interface LocalPacks {
  /**
   * Begins a look-up that sees packs which other processes have added since, at the price of one scan on the first miss. Packs that
   * are not `usable` are passed over.
   */
  lookup(usable?: (id: PackId) => boolean): PackLookup;
  list(): Promise<readonly PackId[]>;
  open(id: PackId): Promise<OpenPack>;
  path(id: PackId): string;
  /** The lengths of all stored extents. */
  lengths(): Promise<ReadonlySet<number>>;
  /** Lets the next look-up see packs that this process has added. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

/** Finds records; make one per operation. */
export type PackLookup = (digest: Digest) => Promise<LocatedRecord | undefined>;

const PACK_NAME = /^([0-9a-f]{64})\.pack$/;

/** The packs under `directory` (absolute), which need not exist yet. */
export function localPacks(fs: FileSystem, directory: string): LocalPacks {
  let packs: Promise<Map<PackId, OpenPack>> | undefined;
  /** Packs that gc has removed: whoever reads them goes on. */
  const gone: OpenPack[] = [];
  const path = (id: PackId): string => join(directory, `${id}.pack`);

  const scan = async (known: ReadonlyMap<PackId, OpenPack>): Promise<Map<PackId, OpenPack>> => {
    const found = new Map<PackId, OpenPack>();
    for (let isWhole = false; !isWhole; ) {
      isWhole = true;
      for (const id of await listPacks(fs, directory)) {
        const pack = found.get(id) ?? known.get(id) ?? (await openIfThere(fs, path(id), id));
        if (pack) found.set(id, pack);
        else isWhole = false; // What took its place was there before it went: the next list has it.
      }
    }
    for (const [id, pack] of known) if (!found.has(id)) gone.push(pack);
    return found;
  };
  const loaded = (): Promise<Map<PackId, OpenPack>> => {
    packs ??= scan(new Map());
    return packs;
  };
  /** One scan after the other: two at once would open the same packs twice. */
  const refresh = async (): Promise<void> => {
    packs = loaded().then(scan);
    await packs;
  };

  return {
    path,
    refresh,
    list: () => listPacks(fs, directory),
    lengths: async () => {
      const lengths = new Set<number>();
      for (const { index } of (await loaded()).values())
        for (let position = 0; position < index.entryCount; position++) lengths.add(index.lengthAt(position));
      return lengths;
    },
    open: async id => {
      const pack = (await loaded()).get(id);
      if (pack) return pack;
      await refresh();
      return (await loaded()).get(id) ?? openPackFile(fs, path(id), id);
    },
    lookup: usable => {
      let isFresh = packs === undefined;
      const locate = async (digest: Digest): Promise<LocatedRecord | undefined> => {
        const all = (await loaded()).values();
        return locateRecord(digest, usable ? [...all].filter(({ id }) => usable(id)) : all);
      };
      return async digest => {
        const record = await locate(digest);
        if (record || isFresh) return record;
        isFresh = true;
        await refresh();
        return locate(digest);
      };
    },
    close: async () => {
      const open = await packs;
      packs = undefined;
      for (const pack of [...(open?.values() ?? []), ...gone.splice(0)]) await pack.file.close();
    },
  };
}

async function openIfThere(fs: FileSystem, path: string, id: PackId): Promise<OpenPack | undefined> {
  try {
    return await openPackFile(fs, path, id);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function listPacks(fs: FileSystem, directory: string): Promise<readonly PackId[]> {
  try {
    const names = (await fs.readDirectory(directory)).map(entry => PACK_NAME.exec(entry.name)?.[1]);
    return names
      .filter(name => name !== undefined)
      .map(parsePackId)
      .sort();
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}
