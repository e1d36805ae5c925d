import type { Manifest } from '../store/manifest/manifest.ts';
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
}

/** Plans the merge of one model file. */
export function planFile(input: PlanInput): FilePlan {
  const actions = [...planTensors(input)];
  const tensors = actions.flatMap(action => resultOf(action) ?? []);
  return {
    actions,
    tensors,
    computed: actions.filter(action => action.kind === 'compute'),
    conflicts: actions.flatMap(action => (action.kind === 'conflict' ? [action.conflict] : [])),
    base: input.base,
    models: input.models,
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
