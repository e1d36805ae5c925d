import type { LongOperation } from '../../base/events.ts';
import type { ObjectId } from '../../base/ids.ts';
import type { ByteSource } from '../../formats/checkpoint.ts';
import { modelText } from '../../store/worktree/file-content.ts';
import { withSpooled } from '../content/spool.ts';
import { readManifestBlob } from '../history/manifests-at.ts';
import type { Repository } from '../repository.ts';
import { type BrokenVersion, brokenVersion } from './broken.ts';
import type { Contents, LfsVersion } from './contents.ts';
import type { ImportJournal } from './journal.ts';
import type { LfsSource } from './lfs-source.ts';
import type { FileVersion } from './survey.ts';

/** What became of the versions of files. */
export interface Conversion {
  /** The manifest of each content that is a model, by Git's id of the content. */
  readonly manifests: ReadonlyMap<ObjectId, ObjectId>;
  /** Bytes of the models, as files and as they were stored; those of an earlier attempt are in neither. */
  readonly bytes: number;
  readonly storedBytes: number;
  readonly broken: readonly BrokenVersion[];
}

/** Where files come from, and what was done before. */
export interface ConversionSetting extends LongOperation {
  readonly source: LfsSource;
  readonly journal: ImportJournal;
}

/**
 * Stores every model, one after the other, each against the version of its path before it. What no format reads, or what is damaged on its
 * way, is in `broken`. Errors: those of the store and the transport.
 */
export async function convertVersions(
  repository: Repository,
  models: Contents['models'],
  setting: ConversionSetting,
): Promise<Conversion> {
  const manifests = new Map<ObjectId, ObjectId>();
  const latest = new Map<string, ObjectId>();
  const broken: BrokenVersion[] = [];
  const total = { bytes: 0, storedBytes: 0 };
  for (const [done, version] of models.entries()) {
    setting.signal?.throwIfAborted();
    setting.onEvent?.({ type: 'progress', phase: 'store models', done, total: models.length, unit: 'items' });
    try {
      const base = latest.get(version.path);
      const found = await manifestFor(repository, { version, base }, setting);
      manifests.set(version.id, found.manifest);
      latest.set(version.path, found.manifest);
      total.bytes += found.bytes;
      total.storedBytes += found.storedBytes;
    } catch (error) {
      broken.push(brokenVersion(version, error, 'pointer' in version ? version.pointer.oid : undefined));
    }
  }
  return { manifests, ...total, broken };
}

interface Stored {
  readonly manifest: ObjectId;
  readonly bytes: number;
  readonly storedBytes: number;
}

async function manifestFor(
  repository: Repository,
  wanted: { readonly version: LfsVersion | FileVersion; readonly base: ObjectId | undefined },
  setting: ConversionSetting,
): Promise<Stored> {
  const { version } = wanted;
  const known = await setting.journal.find(version.id);
  if (known !== undefined) return { manifest: known, bytes: 0, storedBytes: 0 };
  const take = (source: ByteSource) => store(repository, source, wanted.base, setting);
  const stored =
    'pointer' in version
      ? await setting.source.use(version.pointer, take, setting)
      : await withSpooled(repository, repository.history.streamBlob(version.id), take);
  await setting.journal.note(version.id, stored.manifest);
  return stored;
}

async function store(
  repository: Repository,
  source: ByteSource,
  before: ObjectId | undefined,
  { signal }: LongOperation,
): Promise<Stored> {
  const base = before && (await readManifestBlob(repository, { id: before, mode: 0o100644 }));
  const options = { ...(base ? { base } : {}), ...(signal ? { signal } : {}) };
  const { text, stored } = await modelText(repository.store, source, { kind: 'store', options });
  const manifest = await repository.history.writeBlob(text);
  return { manifest, bytes: source.size, storedBytes: stored?.storedBytes ?? 0 };
}
