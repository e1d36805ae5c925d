import type { Digest } from '../base/ids.ts';
import type { Rename } from '../formats/names/rename-rule.ts';
import { fillsSpan } from '../store/manifest/fills-span.ts';
import type { Manifest, ManifestTensor } from '../store/manifest/manifest.ts';
import { isBatchCounter } from './batch-counter.ts';
import { type TensorConflict, type TensorConflictReason, tensorConflict } from './conflict.ts';
import { isFloat } from './float-dtypes.ts';
import type { ComputingMethod, MethodParameters } from './method.ts';
import { parametersOf } from './parameters.ts';
import type { ComputeDecision, Decision } from './rules.ts';
import { isSameShape, isSameTensor } from './same-tensor.ts';
import { seededFor } from './task-vectors/seed.ts';

/** A tensor that a method calculates from the models that changed it. */
export interface ComputeAction {
  readonly kind: 'compute';
  /** What was measured of each model, where the method takes that. */
  readonly statistics?: readonly Digest[];
  readonly name: string;
  readonly method: ComputingMethod;
  /** Complete, for these models. */
  readonly parameters: MethodParameters;
  /** Absent where there is none, or it has another dtype or shape. */
  readonly base: ManifestTensor | undefined;
  /** Indexes of the models, and their tensors. */
  readonly models: readonly number[];
  readonly tensors: readonly ManifestTensor[];
}

/** What becomes of one tensor. */
export type TensorAction =
  | { readonly kind: 'keep'; readonly name: string; readonly tensor: ManifestTensor }
  | {
      readonly kind: 'take';
      readonly name: string;
      /** Index of the model, or the base. */
      readonly from: number | 'base';
      readonly reason: 'only-side' | 'same-change' | 'rule';
      readonly tensor: ManifestTensor;
    }
  | { readonly kind: 'remove'; readonly name: string }
  | ComputeAction
  | { readonly kind: 'conflict'; readonly conflict: TensorConflict };

/** The versions of one model file, and how its tensors are decided. */
export interface PlanInput {
  readonly base: Manifest | undefined;
  /** In the order of the revisions, ours first. */
  readonly models: readonly Manifest[];
  readonly decide: (name: string) => Decision;
  /** Where the second model's changes are scaled: how a tensor is calculated that only it changed. */
  readonly scaling?: ComputeDecision;
  /** Brings the names of tensors to a common spelling, where sides spell them differently; absent: names must be equal. */
  readonly spelling?: Rename;
}

/** The versions of one tensor: in the merge base, and in each model in the order of the revisions (ours first). */
export interface TensorVersions {
  readonly name: string;
  readonly base: ManifestTensor | undefined;
  readonly models: readonly (ManifestTensor | undefined)[];
}

/** The versions at these places of a merge base and of models, as `alignLines` gives them. */
export function versionsAt(
  manifests: readonly (Manifest | undefined)[],
  positions: readonly (number | undefined)[],
): TensorVersions {
  const [base, ...models] = manifests.map((manifest, at) => {
    const position = positions[at];
    return position === undefined ? undefined : manifest?.tensors.at(position);
  });
  const name = (base ?? models.find(tensor => tensor !== undefined))?.name ?? '';
  return { name, base, models };
}

/**
 * Plans what becomes of one tensor without reading any data: unchanged since the base, changed on one side (that side's digest), changed on
 * several (the method). Undefined for one that is in neither the base nor any model.
 */
export function planTensor(
  versions: TensorVersions,
  { decide, scaling }: Pick<PlanInput, 'decide' | 'scaling'>,
): TensorAction | undefined {
  const { name, base, models } = versions;
  const changed = models.flatMap((tensor, index) => (isSameTensor(tensor, base) ? [] : [index]));
  const [first, ...others] = changed;
  if (first === undefined) return base && { kind: 'keep', name, tensor: base };
  if (scaling && changed.includes(1) && hasTaskVector(versions))
    return merged(versions, [0, 1], first === 0 ? decide(name) : scaling);
  if (others.every(index => isSameTensor(models[index], models[first])))
    return taken(name, models[first], first, others.length === 0 ? 'only-side' : 'same-change');
  return merged(versions, changed, decide(name));
}

/** What is added, removed or no float has no change that could be scaled: it is taken whole. */
function hasTaskVector({ base, models }: TensorVersions): boolean {
  return [base, ...models].every(tensor => tensor !== undefined && isFloat(tensor.dtype));
}

function taken(
  name: string,
  tensor: ManifestTensor | undefined,
  from: number | 'base',
  reason: 'only-side' | 'same-change' | 'rule',
): TensorAction {
  return tensor ? { kind: 'take', name, from, reason, tensor } : { kind: 'remove', name };
}

function merged(versions: TensorVersions, changed: readonly number[], decision: Decision): TensorAction {
  if (decision.kind === 'take') return takenByRule(versions, decision.side);
  const reason = obstacle(versions, changed, decision);
  if (reason === 'not-a-float' && isBatchCounter(versions.name)) return takenByRule(versions, 'ours');
  if (reason) return { kind: 'conflict', conflict: tensorConflict(reason, versions) };
  const { method } = decision;
  const tensors = changed.flatMap(index => versions.models[index] ?? []);
  return {
    kind: 'compute',
    name: versions.name,
    method,
    parameters: seededFor(versions.name, parametersOf(method, decision.parameters, changed)),
    base: tensors[0] && versions.base && isSameShape(versions.base, tensors[0]) ? versions.base : undefined,
    models: changed,
    tensors,
  };
}

function takenByRule({ name, base, models }: TensorVersions, side: 'ours' | 'theirs' | 'base'): TensorAction {
  if (side === 'base') return taken(name, base, 'base', 'rule');
  const index = side === 'ours' ? 0 : 1;
  return taken(name, models[index], index, 'rule');
}

/** Why these versions cannot be calculated with, if they cannot. */
function obstacle(
  { base, models }: TensorVersions,
  changed: readonly number[],
  decision: ComputeDecision,
): TensorConflictReason | undefined {
  const tensors = changed.flatMap(index => models[index] ?? []);
  const [first] = tensors;
  if (first === undefined || tensors.length < changed.length) return 'modify-delete';
  if (base === undefined && !decision.byRule) return 'added-differently';
  if (tensors.some(tensor => tensor.dtype !== first.dtype)) return 'dtype-differs';
  if (tensors.some(tensor => !isSameShape(tensor, first))) return 'shape-differs';
  if (decision.method.needsBase(decision.parameters) && !(base && isSameShape(base, first)))
    return 'base-needed';
  if (!isFloat(first.dtype)) return 'not-a-float';
  const inputs = base && isSameShape(base, first) ? [base, ...tensors] : tensors;
  return inputs.every(tensor => fillsSpan(tensor, tensor.extent)) ? undefined : 'shared-storage';
}
