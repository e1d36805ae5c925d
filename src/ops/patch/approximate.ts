import { join } from 'node:path';
import type { LongOperation } from '../../base/events.ts';
import type { OpenFile } from '../../base/ports/file-system.ts';
import { openByteSource } from '../../formats/byte-source.ts';
import { exactReader } from '../../store/extents/exact-reader.ts';
import type { Commit } from '../../store/history/history.ts';
import type { Manifest, ManifestTensor } from '../../store/manifest/manifest.ts';
import { manifestText } from '../../store/manifest/write-manifest.ts';
import type { FileVersion, PatchModel } from '../../store/patches/patch-header.ts';
import { unfinishedFiles } from '../../store/unfinished/unfinished-files.ts';
import {
  keepLargest,
  type LargestChanges,
  largestChanges,
  type TensorPair,
} from '../../tensor/largest-changes.ts';
import { PREDICTED_DTYPES, type PredictedDtype } from '../../tensor/prediction.ts';
import { isDense, viewSpan } from '../../tensor/view-span.ts';
import { readManifestBlob } from '../history/manifests-at.ts';
import type { Repository } from '../repository.ts';
import { applyChanges, changesBetween } from './patch-changes.ts';
import type { BaseModels } from './patch-models.ts';
import type { PatchRange } from './patch-range.ts';

/** A commit whose models are approximations, and how far their tensors are from the true ones. */
export interface Approximation {
  readonly range: PatchRange;
  readonly errors: ReadonlyMap<string, PatchModel['errors']>;
}

type Changed = { readonly tensor: ManifestTensor; readonly base: ManifestTensor };

/**
 * Replaces the last commit of a range of one by one in whose models only the largest changes are made: of each float tensor that has a
 * tensor of the same name, dtype and shape in the base, the given share of its elements, at least one. Other tensors stay as they are.
 */
export async function approximate(
  repository: Repository,
  { base, commits }: PatchRange,
  { density, models, ...long }: LongOperation & { readonly density: number; readonly models: BaseModels },
): Promise<Approximation> {
  const { history } = repository;
  const last = commits[0] as Commit;
  const errors = new Map<string, PatchModel['errors']>();
  const changes = [];
  for (const change of await changesBetween(repository, base.tree, last.tree)) {
    const [before, after] = [
      models.get(change.path),
      change.after && (await readManifestBlob(repository, change.after)),
    ];
    if (!before || !after) continue;
    const made = await approximateModel(repository, { before, after }, { ...long, density });
    errors.set(change.path, made.errors);
    const version: FileVersion = { id: made.id, mode: change.after?.mode ?? 0o100644 };
    changes.push({ ...change, after: version });
  }
  const tree = await history.writeTree(applyChanges(await history.listTree(last.tree), changes));
  const { author, message } = last;
  const id = await history.writeCommit({ tree, parents: [base.id], author, message });
  return { range: { base, commits: [await history.readCommit(id)] }, errors };
}

/** The model is written out, changed in place and added again, coded against the base. */
async function approximateModel(
  { ports, mgitDirectory, store, history }: Repository,
  { before, after }: { readonly before: Manifest; readonly after: Manifest },
  { density, ...long }: LongOperation & { readonly density: number },
): Promise<{ readonly id: FileVersion['id']; readonly errors: PatchModel['errors'] }> {
  await unfinishedFiles(ports, join(mgitDirectory, 'tmp')).prepare();
  const directory = await ports.fs.makeTemporaryDirectory(join(mgitDirectory, 'tmp', 'lossy-'));
  const path = join(directory, 'model');
  try {
    await store.require(
      [...before.extents, ...after.extents].map(({ digest }) => digest),
      long,
    );
    await store.restoreFile(after, path, long);
    const errors: { tensor: string; relativeL2: number }[] = [];
    const file = await ports.fs.open(path, 'update');
    try {
      for (const changed of changedTensors(before, after)) {
        const { relativeL2 } = await sparsify(file, changed, { density, read: pairOf(store, changed) });
        errors.push({ tensor: changed.tensor.name, relativeL2 });
      }
    } finally {
      await file.close();
    }
    await using source = await openByteSource(ports.fs, path);
    const { manifest } = await store.addFile(source, after, { ...long, base: before });
    return { id: await history.writeBlob(manifestText(manifest)), errors };
  } finally {
    await ports.fs.removeDirectory(directory, { recursive: true });
  }
}

function changedTensors(before: Manifest, after: Manifest): readonly Changed[] {
  const earlier = new Map(before.tensors.map(tensor => [tensor.name, tensor]));
  const seen = new Set<number>();
  return after.tensors.flatMap(tensor => {
    // Two names of one run of bytes change together.
    if (seen.has(tensor.extent.offset)) return [];
    seen.add(tensor.extent.offset);
    const base = earlier.get(tensor.name);
    const isSame = base?.dtype === tensor.dtype && String(base.shape) === String(tensor.shape);
    if (!base || !isSame || base.extent.digest === tensor.extent.digest) return [];
    return isWhole(tensor) && isWhole(base) && isFloat(tensor) ? [{ tensor, base }] : [];
  });
}

function isWhole(tensor: ManifestTensor): boolean {
  const { extent, offset, byteOrder } = tensor;
  return (
    byteOrder === 'little' &&
    isDense(tensor) &&
    offset === extent.offset &&
    viewSpan(tensor) === extent.length
  );
}

function isFloat({ dtype }: ManifestTensor): boolean {
  return (PREDICTED_DTYPES as readonly string[]).includes(dtype);
}

async function sparsify(
  file: OpenFile,
  { tensor }: Changed,
  { density, read }: { readonly density: number; readonly read: TensorPair },
): Promise<LargestChanges> {
  const count = tensor.extent.length / (tensor.dtype === 'F32' ? 4 : 2);
  const kept = await largestChanges(read, Math.max(1, Math.ceil(density * count)));
  let at = tensor.extent.offset;
  for await (const slice of keepLargest(read, kept)) {
    await file.write(slice, at);
    at += slice.length;
  }
  return kept;
}

const SLICE_BYTES = 4 * 1024 * 1024;

function pairOf(store: Repository['store'], { tensor, base }: Changed): TensorPair {
  const { length } = tensor.extent;
  return {
    dtype: tensor.dtype as PredictedDtype,
    read: async function* () {
      const [target, from] = [tensor, base].map(({ extent }) => exactReader(store.read(extent.digest)));
      try {
        for (let at = 0; target && from && at < length; at += SLICE_BYTES) {
          const size = Math.min(SLICE_BYTES, length - at);
          yield { target: await target.take(size), base: await from.take(size) };
        }
      } finally {
        await target?.close();
        await from?.close();
      }
    },
  };
}
