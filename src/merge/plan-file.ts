import type { Manifest } from '../store/manifest/manifest.ts';
import { underNamesOf } from './align-names.ts';
import type { TensorConflict } from './conflict.ts';
import type { MergedTensor } from './layout.ts';
import { type ComputeAction, type PlanInput, planTensors, type TensorAction } from './plan.ts';

/** The plan of one model file. */
export interface FilePlan {
  readonly actions: readonly TensorAction[];
  readonly computed: readonly ComputeAction[];
  readonly conflicts: readonly TensorConflict[];
  /** The merged file's tensors, sorted as in a manifest, without those in conflict. */
  readonly tensors: readonly MergedTensor[];
  readonly base: Manifest | undefined;
  readonly models: readonly Manifest[];
  /** The versions whose files may hold the result: ours first, then those that are of the same format and call its tensors as ours does. */
  readonly layouts: readonly Manifest[];
}

/** Plans the merge of one model file. Its tensors have the names that ours gives them. */
export function planFile(given: PlanInput): FilePlan {
  const input = withOurNames(given);
  return planOf([...planTensors(input)], {
    base: input.base,
    models: input.models,
    layouts: input.models.filter(
      (model, index) => model === given.models[index] && model.format === given.models[0]?.format,
    ),
  });
}

/** The plan that consists of these actions. */
export function planOf(
  actions: readonly TensorAction[],
  files: Pick<FilePlan, 'base' | 'models' | 'layouts'>,
): FilePlan {
  return {
    ...files,
    actions,
    tensors: actions.flatMap(action => resultOf(action) ?? []),
    computed: actions.filter(action => action.kind === 'compute'),
    conflicts: actions.flatMap(action => (action.kind === 'conflict' ? [action.conflict] : [])),
  };
}

function withOurNames({ spelling, ...input }: PlanInput): PlanInput {
  const [ours] = input.models;
  if (!ours || !spelling) return input;
  return {
    ...input,
    base: input.base && underNamesOf(ours, input.base, spelling),
    models: input.models.map(model => (model === ours ? ours : underNamesOf(ours, model, spelling))),
  };
}

function resultOf(action: TensorAction): MergedTensor | undefined {
  switch (action.kind) {
    case 'keep':
    case 'take':
      return { name: action.name, tensor: action.tensor };
    case 'compute':
      return action.tensors[0] && { name: action.name, tensor: action.tensors[0] };
    default:
      return undefined;
  }
}
