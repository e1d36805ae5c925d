import type { CommitId } from '../../base/ids.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import type { Signature } from '../../store/history/history.ts';
import { type ForeignRecord, listForeignPack } from '../../store/maintenance/foreign-pack.ts';
import type { RecordKind } from '../../store/packs/records.ts';
import type { PatchKind, PatchModel } from '../../store/patches/patch-header.ts';
import { type Patch, readPatch, withPatchPack } from '../../store/patches/read-patch.ts';

/** What records of one kind take in a patch. */
export interface RecordSizes {
  readonly kind: RecordKind;
  readonly count: number;
  /** Bytes of the extents, and of the records that stand for them. */
  readonly length: number;
  readonly storedLength: number;
}

/** What a patch file is. */
export interface PatchSummary {
  readonly base: CommitId;
  readonly kind: PatchKind;
  readonly commits: readonly {
    readonly id: CommitId;
    readonly author: Signature;
    readonly message: string;
    readonly paths: readonly string[];
  }[];
  readonly models: readonly PatchModel[];
  /** Bytes of the file, of its Git objects, and of the models it changes. */
  readonly size: number;
  readonly objectBytes: number;
  readonly modelBytes: number;
  readonly records: readonly RecordSizes[];
}

/** Reads a patch file (absolute path) and says what is in it; needs no repository. Errors: `PATCH_CORRUPT`, `PATCH_UNSUPPORTED`, `PACK_CORRUPT`. */
export async function summarizePatch(fs: FileSystem, path: string): Promise<PatchSummary> {
  const patch = await readPatch(fs, path);
  const records = (await withPatchPack(fs, path, pack => listForeignPack(pack, path))) ?? [];
  const { base, kind, models } = patch.header;
  return {
    base,
    kind,
    models,
    commits: commitsOf(patch),
    size: patch.size,
    objectBytes: patch.lengths.objects,
    modelBytes: models.reduce((total, model) => total + model.size, 0),
    records: sizesByKind(records),
  };
}

function commitsOf({ header, commits }: Patch): PatchSummary['commits'] {
  return commits.map(({ id, author, message }, index) => ({
    id,
    author,
    message,
    paths: header.commits[index]?.changes.map(({ path }) => path) ?? [],
  }));
}

function sizesByKind(records: readonly ForeignRecord[]): readonly RecordSizes[] {
  const sizes = new Map<RecordKind, RecordSizes>();
  for (const { kind, length, storedLength } of records) {
    const before = sizes.get(kind) ?? { kind, count: 0, length: 0, storedLength: 0 };
    sizes.set(kind, {
      kind,
      count: before.count + 1,
      length: before.length + length,
      storedLength: before.storedLength + storedLength,
    });
  }
  return [...sizes.values()];
}
