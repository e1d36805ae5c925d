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
  /** Euclidean norm of the task vector of each of the model's sides; 0 where a side changed none of the tensors. */
  readonly norms: readonly number[];
  /** Cosine of the angle between the first side's task vector and each other one's; null where one is zero or they share no tensor. */
  readonly cosines: readonly (number | null)[];
  /** Share of the elements that both moved in opposite directions, likewise; tensors count by their elements. */
  readonly signConflicts: readonly (number | null)[];
}

/** One model of a merge. */
export interface ModelDisagreement {
  readonly path: string;
  readonly counts: ActionCounts;
  /** Which sides of the merge changed a computed tensor of it, ascending: 0 is ours, who may have changed nothing. */
  readonly sides: readonly number[];
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
    const sides = [...new Set(tensors.flatMap(tensor => tensor.models))].sort((left, right) => left - right);
    const blocks = blocksOf(tensors, { sides, elements: elementsOf(manifest) });
    models.push({ path, counts, sides, omittedTensors, blocks });
  }
  const names = record.replay ? [record.replay.commit.slice(0, 7)] : record.revisions;
  return { record, sides: ['ours', ...names], models };
}

type ElementsOf = (name: string) => number;

function elementsOf(manifest: Manifest | undefined): ElementsOf {
  const shapes = new Map(manifest?.tensors.map(({ name, shape }) => [name, shape]));
  return name => elementCount(shapes.get(name) ?? []);
}

/** A model's sides, and the size of its tensors. */
interface Measures {
  readonly sides: readonly number[];
  readonly elements: ElementsOf;
}

function blocksOf(tensors: readonly TensorReport[], measures: Measures): readonly BlockDisagreement[] {
  const blocks = Map.groupBy(tensors, ({ name }) => blockOf(name));
  return [...blocks].map(([block, found]) => summaryOf(block, found, measures));
}

/** Squares and products of task vectors add up over tensors, so that norms and cosines are those of the block as one vector. */
function summaryOf(
  block: string,
  tensors: readonly TensorReport[],
  { sides: [first = 0, ...others], elements }: Measures,
): BlockDisagreement {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const lengthOf = (side: number): number => Math.sqrt(sum(tensors.map(tensor => normOf(tensor, side) ** 2)));
  return {
    block,
    tensors: tensors.length,
    norms: [first, ...others].map(lengthOf),
    cosines: others.map(side => {
      const products = tensors.flatMap(tensor => {
        const cosine = pairOf(tensor.cosines, tensor, [first, side]);
        return cosine === null ? [] : [cosine * normOf(tensor, first) * normOf(tensor, side)];
      });
      const size = lengthOf(first) * lengthOf(side);
      return products.length === 0 || size === 0 ? null : Math.min(1, Math.max(-1, sum(products) / size));
    }),
    signConflicts: others.map(side => {
      const known = tensors.flatMap(tensor => {
        const share = pairOf(tensor.signConflicts, tensor, [first, side]);
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

/** What a tensor's report says of two sides, the first of which all others are compared with; null where one of them did not change it. */
function pairOf(
  values: readonly (number | null)[],
  { models }: TensorReport,
  [first, side]: readonly [number, number],
): number | null {
  return models[0] === first ? (values[models.indexOf(side) - 1] ?? null) : null;
}
