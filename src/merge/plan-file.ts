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

/** A tensor that the merged file will have. */
export interface ResultTensor extends Omit<MergedTensor, 'digest'> {
  /** Its place among those that are computed. */
  readonly computed?: number;
}

/** The plan of one model file. */
export interface FilePlan {
  readonly actions: Table<TensorAction>;
  readonly computed: Table<ComputeAction>;
  readonly conflicts: readonly TensorConflict[];
  /** The merged file's tensors, sorted as in a manifest, without those in conflict. */
  readonly tensors: Table<ResultTensor>;
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

const NOT_COMPUTED = 0xffffffff;

/** The plan that consists of these actions. Errors: those of {@link checkShape}. */
export function planOf(
  actions: Table<TensorAction>,
  files: Pick<FilePlan, 'base' | 'models' | 'layouts' | 'sides'>,
): FilePlan {
  const conflicts: TensorConflict[] = [];
  const computed = growingIntegers();
  const results = growingIntegers();
  const numbers = growingIntegers();
  let place = 0;
  for (const action of actions) {
    if (action.kind === 'conflict') conflicts.push(action.conflict);
    if (resultOf(action)) {
      results.push(place);
      numbers.push(action.kind === 'compute' ? computed.length : NOT_COMPUTED);
    }
    if (action.kind === 'compute') {
      checkShape({ ...action, shape: action.tensors[0]?.shape ?? [] });
      computed.push(place);
    }
    place++;
  }
  const resultAt = (at: number): ResultTensor => {
    const result = resultOf(actions.at(results.at(at)) as TensorAction) as ResultTensor;
    const number = numbers.at(at);
    return number === NOT_COMPUTED ? result : { ...result, computed: number };
  };
  return {
    ...files,
    actions,
    computed: tableOf(computed.length, at => actions.at(computed.at(at)) as ComputeAction),
    conflicts,
    tensors: tableOf(results.length, resultAt),
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

function resultOf(action: TensorAction): ResultTensor | undefined {
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
