import { growingIntegers } from '../base/growing-columns.ts';
import { type Table, tableOf } from '../base/table.ts';
import { alignLines } from '../store/manifest/align-lines.ts';
import type { Manifest } from '../store/manifest/manifest.ts';
import { actionTable } from './action-table.ts';
import { underNamesOf } from './align-names.ts';
import { checkShape } from './check-shape.ts';
import type { TensorConflict } from './conflict.ts';
import type { MergedTensor } from './layout.ts';
import { type ComputeAction, type PlanInput, planTensor, type TensorAction, versionsAt } from './plan.ts';
import { tiedDraws } from './tied-draws.ts';

/** The plan of one model file. */
export interface FilePlan {
  readonly actions: Table<TensorAction>;
  readonly computed: readonly ComputeAction[];
  readonly conflicts: readonly TensorConflict[];
  /** The merged file's tensors, sorted as in a manifest, without those in conflict. */
  readonly tensors: Table<MergedTensor>;
  readonly base: Manifest | undefined;
  readonly models: readonly Manifest[];
  /** The versions whose files may hold the result: ours first, then those that are of the same format and call its tensors as ours does. */
  readonly layouts: readonly Manifest[];
  /** What messages call the models; ours and theirs, where nothing is said. */
  readonly sides?: readonly string[];
}

/**
 * Plans the merge of one model file, tensor by tensor in the manifests' order. Its tensors have the names that ours gives them. Lines that
 * are the same everywhere are not even read.
 */
export function planFile(given: PlanInput): FilePlan {
  const input = withOurNames(given);
  const { base, models } = input;
  const manifests = [base, ...models];
  const table = actionTable(manifests);
  const alike = tiedDraws();
  for (const { positions, isSame } of alignLines(manifests)) {
    const [position] = positions;
    if (isSame && position !== undefined) {
      table.keep(position);
      continue;
    }
    const action = planTensor(versionsAt(manifests, positions), input);
    if (action) table.add(alike(action), positions);
  }
  const layouts = models.filter(
    (model, index) => model === given.models[index] && model.format === given.models[0]?.format,
  );
  return planOf(table.actions, { base, models, layouts });
}

/** The plan that consists of these actions. Errors: those of {@link checkShape}. */
export function planOf(
  actions: Table<TensorAction>,
  files: Pick<FilePlan, 'base' | 'models' | 'layouts' | 'sides'>,
): FilePlan {
  const computed: ComputeAction[] = [];
  const conflicts: TensorConflict[] = [];
  const places = growingIntegers();
  let place = 0;
  for (const action of actions) {
    if (action.kind === 'compute') {
      checkShape({ ...action, shape: action.tensors[0]?.shape ?? [] });
      computed.push(action);
    }
    if (action.kind === 'conflict') conflicts.push(action.conflict);
    if (resultOf(action)) places.push(place);
    place++;
  }
  const resultAt = (at: number): MergedTensor =>
    resultOf(actions.at(places.at(at)) as TensorAction) as MergedTensor;
  return { ...files, actions, tensors: tableOf(places.length, resultAt), computed, conflicts };
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
