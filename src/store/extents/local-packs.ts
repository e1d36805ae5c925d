import { join } from 'node:path';
import { isMgitError, isSystemError } from '../../base/errors.ts';
import { type Digest, type PackId, parsePackId } from '../../base/ids.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { BUCKETS, corrupt, type MultiPackIndex, ROW_BYTES } from '../packs/multi-pack-index.ts';
import { type OpenPack, openPackFile } from '../packs/open-pack.ts';
import { type Candidate, type LocatedRecord, recordOf } from './locate.ts';
import type { MultiPackCache } from './multi-pack-cache.ts';

/** The packs of one directory. They are immutable; other processes may add or remove some at any time. */
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
  /** Ends that a pack is passed over: it has been replaced by a whole one. */
  include(id: PackId): void;
  /** Lets the next look-up see packs that this process has added. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

/** Finds records; make one per operation. */
export type PackLookup = (digest: Digest) => Promise<LocatedRecord | undefined>;

const PACK_NAME = /^([0-9a-f]{64})\.pack$/;
/** So many packs are looked through one by one before they get a common index. */
const MOST_APART = 16;

type Usable = (id: PackId) => boolean;

/** The packs that there are, as of one scan. */
interface PackSet {
  readonly ids: ReadonlySet<PackId>;
  /** Of some of the packs, perhaps also of some that are gone. */
  readonly index: MultiPackIndex | undefined;
  /** The packs that it does not have. */
  readonly apart: readonly OpenPack[];
}

/** Where packs are, and what is known of them. */
export interface PackPlace {
  readonly fs: FileSystem;
  /** Absolute; need not exist yet. */
  readonly directory: string;
  /** Says where most records are. */
  readonly cache: MultiPackCache;
  /** Packs to act as if they were not there. */
  readonly without?: ReadonlySet<PackId>;
}

/** The packs of a directory. */
export function localPacks({ fs, directory, cache, without = new Set() }: PackPlace): LocalPacks {
  const excluded = new Set(without);
  const list = async (): Promise<readonly PackId[]> =>
    (await listPacks(fs, directory)).filter(id => !excluded.has(id));
  const path = (id: PackId): string => join(directory, `${id}.pack`);
  const opened = new Map<PackId, Promise<OpenPack>>();
  /** Packs that gc has removed: whoever reads them goes on. */
  const gone: Promise<OpenPack>[] = [];
  let packs: Promise<PackSet> | undefined;

  const open = (id: PackId): Promise<OpenPack> => {
    const opening = opened.get(id) ?? openPackFile(fs, path(id), id);
    opened.set(id, opening);
    opening.catch(() => opened.delete(id));
    return opening;
  };
  const scan = async (index: MultiPackIndex | undefined): Promise<PackSet> => {
    const ids = new Set(await list());
    for (const [id, pack] of opened) if (!ids.has(id) && opened.delete(id)) gone.push(pack);
    const together = new Set(index?.packs);
    const apart = await openAll([...ids].filter(id => !together.has(id)));
    if (!apart) return scan(index); // What took a pack's place was there before it went: the next list has it.
    if (apart.length < MOST_APART) return { ids, index, apart };
    try {
      return await joined({ ids, index, apart });
    } catch (error) {
      if (index && isMgitError(error, 'MULTI_PACK_INDEX_CORRUPT')) return scan(undefined);
      throw error;
    }
  };
  /** Undefined when one of them has been removed. */
  const openAll = async (ids: readonly PackId[]): Promise<readonly OpenPack[] | undefined> => {
    const all: OpenPack[] = [];
    try {
      for (const id of ids) all.push(await open(id));
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return undefined;
      throw error;
    }
    return all;
  };
  const joined = async ({ ids, index, apart }: PackSet): Promise<PackSet> => {
    const replaced = await cache.replace({ earlier: index, present: ids, packs: apart });
    const together = new Set(replaced?.packs);
    return { ids, index: replaced ?? index, apart: apart.filter(({ id }) => !together.has(id)) };
  };
  const loaded = (): Promise<PackSet> => {
    packs ??= cache.open().then(scan);
    return packs;
  };
  /** One scan after the other: two at once would open the same packs twice. */
  const refresh = async (): Promise<void> => {
    packs = loaded().then(({ index }) => scan(index));
    await packs;
  };
  const candidatesOf = async (digest: Digest, usable: Usable): Promise<Candidate[]> => {
    const { ids, index, apart } = await loaded();
    const candidates: Candidate[] = [];
    for (const { pack: id, position } of (await index?.find(digest)) ?? []) {
      if (!ids.has(id) || !usable(id)) continue;
      const pack = await open(id);
      const entry = position < pack.index.entryCount ? pack.index.entryAt(position) : undefined;
      if (entry?.digest !== digest) throw corrupt();
      candidates.push({ pack, entry });
    }
    for (const pack of apart) {
      const entry = usable(pack.id) ? pack.index.find(digest) : undefined;
      if (entry) candidates.push({ pack, entry });
    }
    return candidates;
  };
  /** Again with new eyes, where the index proves wrong or a pack has been removed. */
  const asked = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await ask();
    } catch (error) {
      if (isMgitError(error, 'MULTI_PACK_INDEX_CORRUPT')) packs = scan(undefined);
      else if (isSystemError(error, 'ENOENT')) await refresh();
      else throw error;
      return asked(ask);
    }
  };
  const locate = (digest: Digest, usable: Usable): Promise<LocatedRecord | undefined> =>
    asked(async () => recordOf(digest, await candidatesOf(digest, usable)));

  return {
    path,
    include: id => void excluded.delete(id),
    refresh,
    list: async () => [...(await list())].sort(),
    lengths: () => asked(async () => lengthsOf(await loaded())),
    open,
    lookup: (usable = () => true) => {
      let isFresh = packs === undefined;
      return async digest => {
        const record = await locate(digest, usable);
        if (record || isFresh) return record;
        isFresh = true;
        await refresh();
        return locate(digest, usable);
      };
    },
    close: async () => {
      await packs?.catch(() => {}); // Whoever asked for it was told.
      packs = undefined;
      const open = await Promise.allSettled([...opened.values(), ...gone.splice(0)]);
      opened.clear();
      for (const pack of open) if (pack.status === 'fulfilled') await pack.value.file.close();
      await cache.close();
    },
  };
}

async function lengthsOf({ index, apart }: PackSet): Promise<ReadonlySet<number>> {
  const lengths = new Set<number>();
  for (const { index } of apart)
    for (let position = 0; position < index.entryCount; position++) lengths.add(index.lengthAt(position));
  for (let at = 0; index && at < BUCKETS; at++) {
    const rows = await index.bucket(at);
    for (let row = 0; row < rows.length; row += ROW_BYTES)
      lengths.add(Number(rows.readBigUInt64LE(row + 32)));
  }
  return lengths;
}

async function listPacks(fs: FileSystem, directory: string): Promise<readonly PackId[]> {
  try {
    const names = (await fs.readDirectory(directory)).map(entry => PACK_NAME.exec(entry.name)?.[1]);
    return names.filter(name => name !== undefined).map(parsePackId);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}
