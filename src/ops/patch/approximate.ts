import { join } from 'node:path';
import type { LongOperation } from '../../base/events.ts';
import type { OpenFile } from '../../base/ports/file-system.ts';
import { openByteSource } from '../../formats/byte-source.ts';
import { isSameShape } from '../../merge/same-tensor.ts';
import type { Commit } from '../../store/history/history.ts';
import { fillsSpan } from '../../store/manifest/fills-span.ts';
import type { Manifest, ManifestTensor } from '../../store/manifest/manifest.ts';
import { differingPairs } from '../../store/manifest/pair-tensors.ts';
import { bytesOf } from '../../store/packs/prediction-parameters.ts';
import type { FileVersion, LossyKind, PatchModel } from '../../store/patches/patch-header.ts';
import { unfinishedFiles } from '../../store/unfinished/unfinished-files.ts';
import { keepLargest, largestChanges } from '../../tensor/largest-changes.ts';
import { PREDICTED_DTYPES } from '../../tensor/prediction.ts';
import { readManifestBlob } from '../history/manifests-at.ts';
import type { Repository } from '../repository.ts';
import { factorsOf, type NearTensor } from './low-rank.ts';
import { applyChanges, changesBetween } from './patch-changes.ts';
import type { BaseModels } from './patch-models.ts';
import type { PatchRange } from './patch-range.ts';
import { type ChangedTensor, tensorPair } from './tensor-pair.ts';

/** A commit whose models are approximations, and how far their tensors are from the true ones. */
export interface Approximation {
  readonly range: PatchRange;
  readonly errors: ReadonlyMap<string, PatchModel['errors']>;
}

/**
 * Replaces the last commit of a range of one by one in whose models changes are approximated: those of each float tensor that has a
 * tensor of the same name, dtype and shape in the base. Of a density, that share of its elements changes, at least one; of a rank, the
 * change of a matrix becomes a product of factors where these are smaller. Other tensors stay as they are.
 */
export async function approximate(
  repository: Repository,
  { base, commits }: PatchRange,
  { lossy, models, ...long }: LongOperation & { readonly lossy: LossyKind; readonly models: BaseModels },
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
    const made = await approximateModel(repository, { before, after }, { ...long, lossy });
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
  { lossy, ...long }: LongOperation & { readonly lossy: LossyKind },
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
        const near = await (lossy.type === 'sparse'
          ? largestOf(store, changed, lossy.density)
          : factorsOf(store, changed, { ...long, rank: lossy.rank }));
        if (!near) continue;
        await replace(file, changed, near.bytes);
        errors.push({ tensor: changed.tensor.name, relativeL2: near.relativeL2 });
      }
    } finally {
      await file.close();
    }
    await using source = await openByteSource(ports.fs, path);
    const { manifest } = await store.addFile(source, after, { ...long, base: before });
    return { id: await history.writeBlob(manifest.text), errors };
  } finally {
    await ports.fs.removeDirectory(directory, { recursive: true });
  }
}

function changedTensors(before: Manifest, after: Manifest): readonly ChangedTensor[] {
  const seen = new Set<number>();
  const changed: ChangedTensor[] = [];
  for (const pair of differingPairs(before, after)) {
    if (!pair.before || !pair.after) continue;
    const { before: base, after: tensor } = pair;
    // Two names of one run of bytes change together.
    if (seen.has(tensor.extent.offset)) continue;
    seen.add(tensor.extent.offset);
    if (!isSameShape(base, tensor) || base.extent.digest === tensor.extent.digest) continue;
    if (isWhole(tensor) && isWhole(base) && isFloat(tensor)) changed.push({ tensor, base });
  }
  return changed;
}

function isWhole(tensor: ManifestTensor): boolean {
  return fillsSpan(tensor, tensor.extent);
}

function isFloat({ dtype }: ManifestTensor): boolean {
  return (PREDICTED_DTYPES as readonly string[]).includes(dtype);
}

async function replace(
  file: OpenFile,
  { tensor }: ChangedTensor,
  bytes: AsyncIterable<Uint8Array>,
): Promise<void> {
  let at = tensor.extent.offset;
  for await (const slice of bytes) {
    await file.write(slice, at);
    at += slice.length;
  }
}

async function largestOf(
  store: Repository['store'],
  changed: ChangedTensor,
  density: number,
): Promise<NearTensor> {
  const pair = tensorPair(store, changed);
  const count = changed.tensor.extent.length / bytesOf(pair.dtype);
  const kept = await largestChanges(pair, Math.max(1, Math.ceil(density * count)));
  return { bytes: keepLargest(pair, kept), relativeL2: kept.relativeL2 };
}
