import type { Digest, PackId } from '../../base/ids.ts';
import type { NewRecord, PackWriter } from '../packs/pack-writer.ts';
import type { EvaluateRecipe } from '../packs/records.ts';
import { EMPTY_DIGEST } from './empty-extent.ts';
import type { Engine } from './engine.ts';
import type { LocalPacks, PackLookup } from './local-packs.ts';
import type { ReadContext } from './read-extent.ts';

/** One writing of new records: what the store has, what was added since, and where it goes. */
export interface WriteSession {
  readonly engine: Engine;
  readonly packs: PackWriter;
  readonly lookup: PackLookup;
  /** Whether an extent is stored already, or was added in this session. */
  has(digest: Digest): Promise<boolean>;
  /** Adds a record; false, and its frames are given back, when another came first. */
  add(record: NewRecord): Promise<boolean>;
  /** For reading extents of the store. */
  readContext(signal?: AbortSignal): ReadContext;
  finish(): Promise<readonly PackId[]>;
}

/** What a session is made of. */
export interface SessionParts {
  readonly engine: Engine;
  readonly local: LocalPacks;
  readonly packs: PackWriter;
  readonly evaluateRecipe: EvaluateRecipe;
}

/** Begins a session. */
export function createSession({ engine, local, packs, evaluateRecipe }: SessionParts): WriteSession {
  const lookup = local.lookup();
  const added = new Set<Digest>();
  const has = async (digest: Digest): Promise<boolean> =>
    digest === EMPTY_DIGEST || added.has(digest) || (await lookup(digest)) !== undefined;
  return {
    engine,
    packs,
    lookup,
    has,
    add: async record => {
      const isKnown = await has(record.digest);
      if (isKnown || added.has(record.digest)) {
        packs.release(record.frames);
        return false;
      }
      added.add(record.digest);
      packs.record(record);
      return true;
    },
    readContext: signal => ({ lookup, engine, evaluateRecipe, signal, depth: 0 }),
    finish: async () => {
      const ids = await packs.finish();
      if (ids.length > 0) await local.refresh();
      return ids;
    },
  };
}
