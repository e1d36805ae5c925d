import type { Commit } from '../../store/history/history.ts';
import type { Manifest } from '../../store/manifest/manifest.ts';
import { elementCount } from '../../tensor/dtype.ts';
import { blockOf } from '../diff/block-summaries.ts';
import { readManifestAt } from '../history/manifests-at.ts';
import type { Repository } from '../repository.ts';
import type { ActionCounts, TensorReport } from './models.ts';
import { readMergeRecord, type StoredMergeRecord } from './read-merge-record.ts';

/** How far the task vectors of a merge agree in one block of a model, over the tensors that were computed. */
export interface BlockDisagreement {
  readonly block: string;
  readonly tensors: number;
  /** Euclidean norm of each side's task vector, in the order of the record's parents; 0 where a side changed none of them. */
  readonly norms: readonly number[];
  /** Cosine of the angle between the first side's task vector and each other one's; null where one is zero. */
  readonly cosines: readonly (number | null)[];
  /** Share of the elements that both moved in opposite directions, likewise; tensors count by their elements. */
  readonly signConflicts: readonly (number | null)[];
}

/** One model of a merge. */
export interface ModelDisagreement {
  readonly path: string;
  readonly counts: ActionCounts;
  readonly blocks: readonly BlockDisagreement[];
  /** Computed tensors that the record does not tell of one by one. */
  readonly omittedTensors: number;
}

/** A merge commit's record, and what it says per block of layers. */
export interface ShownMerge {
  readonly record: StoredMergeRecord;
  /** What the sides are called: ours first. */
  readonly sides: readonly string[];
  readonly models: readonly ModelDisagreement[];
}

/** Reads how much the sides of a merge disagreed; undefined for a commit without a merge record. Errors: `MERGE_RECORD_INVALID`. */
export async function readDisagreement(
  repository: Repository,
  commit: Commit,
): Promise<ShownMerge | undefined> {
  const record = await readMergeRecord(repository, commit);
  if (record === undefined) return undefined;
  const models: ModelDisagreement[] = [];
  for (const { path, counts, tensors, omittedTensors = 0 } of record.models) {
    const manifest = await readManifestAt(repository, commit.tree, path);
    models.push({ path, counts, omittedTensors, blocks: blocksOf(tensors, elementsOf(manifest)) });
  }
  const names = record.replay ? [record.replay.commit.slice(0, 7)] : record.revisions;
  return { record, sides: ['ours', ...names], models };
}

type ElementsOf = (name: string) => number;

function elementsOf(manifest: Manifest | undefined): ElementsOf {
  const shapes = new Map(manifest?.tensors.map(({ name, shape }) => [name, shape]));
  return name => elementCount(shapes.get(name) ?? []);
}

function blocksOf(tensors: readonly TensorReport[], elements: ElementsOf): readonly BlockDisagreement[] {
  const blocks = new Map<string, TensorReport[]>();
  for (const tensor of tensors) {
    const block = blockOf(tensor.name);
    blocks.set(block, [...(blocks.get(block) ?? []), tensor]);
  }
  return [...blocks].map(([block, found]) => summaryOf(block, found, elements));
}

/** Squares and products of task vectors add up over tensors, so that norms and cosines are those of the block as one vector. */
function summaryOf(block: string, tensors: readonly TensorReport[], elements: ElementsOf): BlockDisagreement {
  const sides = Math.max(...tensors.flatMap(({ models }) => models)) + 1;
  const range = Array.from({ length: sides }, (_, side) => side);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const norms = range.map(side => Math.sqrt(sum(tensors.map(tensor => normOf(tensor, side) ** 2))));
  const others = range.slice(1);
  return {
    block,
    tensors: tensors.length,
    norms,
    cosines: others.map(side => {
      const products = tensors.map(
        tensor => (pairOf(tensor.cosines, tensor, side) ?? 0) * normOf(tensor, 0) * normOf(tensor, side),
      );
      const size = (norms[0] ?? 0) * (norms[side] ?? 0);
      return size === 0 ? null : Math.min(1, Math.max(-1, sum(products) / size));
    }),
    signConflicts: others.map(side => {
      const known = tensors.flatMap(tensor => {
        const share = pairOf(tensor.signConflicts, tensor, side);
        return share === null ? [] : [{ share, weight: elements(tensor.name) }];
      });
      const weight = sum(known.map(item => item.weight));
      return weight === 0 ? null : sum(known.map(item => item.share * item.weight)) / weight;
    }),
  };
}

function normOf({ models, norms }: TensorReport, side: number): number {
  return norms[models.indexOf(side)] ?? 0;
}

/** What a tensor's report says of ours and another side; null where one of them did not change it. */
function pairOf(values: readonly (number | null)[], { models }: TensorReport, side: number): number | null {
  return models[0] === 0 ? (values[models.indexOf(side) - 1] ?? null) : null;
}
