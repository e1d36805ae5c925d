import type { LongOperation } from '../../base/events.ts';
import type { Rename } from '../../formats/names/rename-rule.ts';
import { isSameTensor } from '../../merge/same-tensor.ts';
import type { Manifest, ManifestTensor } from '../../store/manifest/manifest.ts';
import { differingPairs, pairTensors, type TensorVersions } from '../../store/manifest/pair-tensors.ts';
import { measureDifference, type TensorDifference } from '../../tensor/difference.ts';
import { type Dtype, elementCount } from '../../tensor/dtype.ts';
import { type BlockSummary, createBlockSummaries } from './block-summaries.ts';
import { encodedChanges } from './encoded-changes.ts';
import { matchNames, type RenamedTensor } from './match-names.ts';
import { isPlain, type ModelVersion } from './model-version.ts';

/** What a tensor is, apart from its bytes. */
export interface TensorType {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** A tensor that is not the same in both versions. */
export interface TensorChange {
  readonly name: string;
  /** How the older version spells it, where that differs. */
  readonly formerName: string | null;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly before: TensorType | null;
  readonly after: TensorType | null;
  /** How far the values moved; null where they cannot be compared: added, removed, another shape, a layout that is not plain. */
  readonly difference: TensorDifference | null;
}

/** Two versions of one model, compared. */
export interface ModelDiff {
  readonly tensors: readonly TensorChange[];
  readonly blocks: readonly BlockSummary[];
  readonly unchanged: number;
  /** Tensors that were matched though they are spelt differently, changed or not. Everywhere else they have their new names. */
  readonly renamed: readonly RenamedTensor[];
  /** Whether bytes outside tensors differ: the header with its metadata, or the order of tensors. */
  readonly skeletonChanged: boolean;
}

/** Options of {@link diffModel}. */
export interface ModelDiffOptions extends LongOperation {
  /** The tensors to look at; default: all. */
  readonly matches?: (name: string) => boolean;
  /** Brings names to a common spelling, by which tensors are matched that have no counterpart of their name; absent: they stay apart. */
  readonly spelling?: Rename;
}

/**
 * Compares two versions of a model tensor by tensor. Tensors of equal identity are not read. `undefined` stands for a version without
 * the model. Errors: `EXTENT_MISSING` when a changed tensor's bytes are not here, `EXTENT_CORRUPT`, `FILE_CHANGED`.
 */
export async function diffModel(
  old: ModelVersion | undefined,
  after: ModelVersion | undefined,
  options: ModelDiffOptions = {},
): Promise<ModelDiff> {
  const { before, renamed } = matchNames(old, after, options.spelling ?? (name => name));
  const formerNames = new Map(renamed.map(names => [names.after, names.before]));
  const blocks = createBlockSummaries();
  const tensors: TensorChange[] = [];
  let unchanged = 0;
  const [from, to] = [before?.manifest, after?.manifest];
  const total = Math.max(from?.tensors.length ?? 0, to?.tensors.length ?? 0);
  let done = 0;
  await prepare({ before, after }, options);
  for (const pair of pairTensors(from, to)) {
    options.signal?.throwIfAborted();
    options.onEvent?.({ type: 'progress', phase: 'comparing tensors', done: done++, total, unit: 'items' });
    if (options.matches && !options.matches(pair.name)) continue;
    const isSame = pair.same || isSameTensor(pair.before, pair.after);
    const change = isSame ? undefined : await changeOf(pair, { before, after, signal: options.signal });
    if (change) tensors.push({ ...change, formerName: formerNames.get(pair.name) ?? null });
    else unchanged++;
    blocks.add(pair.name, change);
  }
  const skeletonChanged = !isSameSkeleton(before?.manifest, after?.manifest);
  for await (const { name, change } of skeletonChanged ? encodedChanges(before, after) : []) {
    if (options.matches && !options.matches(name)) continue;
    if (change) tensors.push({ ...change, formerName: null });
    else unchanged++;
    blocks.add(name, change);
  }
  return { tensors, blocks: blocks.summaries(), unchanged, renamed, skeletonChanged };
}

/** Whether the bytes outside tensors are the same: header, padding, order of tensors. */
function isSameSkeleton(before: Manifest | undefined, after: Manifest | undefined): boolean {
  const [old, now] = [before, after].map(manifest => manifest?.skeleton.map(({ digest }) => digest).join());
  return old === now;
}

/** Tells both versions what of them will be read. */
async function prepare(
  { before, after }: Omit<Versions, 'signal'>,
  { matches, ...long }: ModelDiffOptions,
): Promise<void> {
  if (!before?.prepare && !after?.prepare) return;
  if (!before || !after) return;
  const [left, right]: [ManifestTensor[], ManifestTensor[]] = [[], []];
  for (const pair of differingPairs(before.manifest, after.manifest)) {
    if (matches?.(pair.name) === false) continue;
    if (!isMeasurable(pair) || isSameTensor(pair.before, pair.after)) continue;
    left.push(pair.before);
    right.push(pair.after);
  }
  await before.prepare?.(left, long);
  await after.prepare?.(right, long);
}

/** Whether the elements of both can be held against each other. */
function isMeasurable<Pair extends TensorVersions>(
  pair: Pair,
): pair is Pair & { readonly before: ManifestTensor; readonly after: ManifestTensor } {
  const { before, after } = pair;
  if (!before || !after) return false;
  return String(before.shape) === String(after.shape) && isPlain(before) && isPlain(after);
}

type NamedVersions = TensorVersions & { readonly name: string };

interface Versions {
  readonly before: ModelVersion | undefined;
  readonly after: ModelVersion | undefined;
  readonly signal: AbortSignal | undefined;
}

async function changeOf(pair: NamedVersions, versions: Versions): Promise<Omit<TensorChange, 'formerName'>> {
  const { name, before, after } = pair;
  const kind = !before ? 'added' : !after ? 'removed' : 'changed';
  return {
    name,
    kind,
    before: typeOf(before),
    after: typeOf(after),
    difference: await measure(pair, versions),
  };
}

async function measure(pair: TensorVersions, versions: Versions): Promise<TensorDifference | null> {
  if (!versions.before || !versions.after || !isMeasurable(pair)) return null;
  const { before, after } = pair;
  const elements = elementCount(before.shape);
  return measureDifference(
    { dtype: before.dtype, elements, bytes: versions.before.read(before, versions.signal) },
    { dtype: after.dtype, elements, bytes: versions.after.read(after, versions.signal) },
  );
}

function typeOf(tensor: ManifestTensor | undefined): TensorType | null {
  return tensor ? { dtype: tensor.dtype, shape: tensor.shape } : null;
}
