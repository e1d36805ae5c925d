import { growingIntegers } from '../base/growing-columns.ts';
import { type Table, tableOf } from '../base/table.ts';
import type { Manifest, ManifestTensor } from '../store/manifest/manifest.ts';
import type { TensorAction } from './plan.ts';

/** The actions of a plan. Those that only choose a version are held as numbers: most tensors of a large model stay what they are. */
export interface ActionTable {
  readonly actions: Table<TensorAction>;
  /** `positions` are those of the tensor in the manifests. */
  add(action: TensorAction, positions: readonly (number | undefined)[]): void;
  /** The tensor at this position of the first manifest, the merge base, stays. */
  keep(position: number): void;
}

/** An action that is held as it is, or what several have in common that choose a version of a manifest. */
type Treatment =
  | Extract<TensorAction, { kind: 'compute' | 'conflict' }>
  | { readonly kind: 'keep' | 'remove'; readonly manifest: number }
  | (Pick<Extract<TensorAction, { kind: 'take' }>, 'kind' | 'from' | 'reason'> & {
      readonly manifest: number;
    });

/** An empty table of actions on the tensors of these manifests, the merge base first. */
export function actionTable(manifests: readonly (Manifest | undefined)[]): ActionTable {
  const numbers = growingIntegers();
  const places = growingIntegers();
  const treatments: Treatment[] = [];
  const shared = new Map<string, number>();
  const numberOf = (treatment: Exclude<Treatment, { kind: 'compute' | 'conflict' }>): number => {
    const key = JSON.stringify(treatment);
    const number = shared.get(key) ?? treatments.push(treatment) - 1;
    shared.set(key, number);
    return number;
  };
  const addRow = (treatment: number, position: number): void => {
    numbers.push(treatment);
    places.push(position);
  };
  const choose = (treatment: Exclude<Treatment, { kind: 'compute' | 'conflict' }>, position = 0): void =>
    addRow(numberOf(treatment), position);
  const actionAt = (at: number): TensorAction => {
    const treatment = treatments[numbers.at(at)] as Treatment;
    if (treatment.kind === 'compute' || treatment.kind === 'conflict') return treatment;
    const { manifest, ...chosen } = treatment;
    const tensor = manifests[manifest]?.tensors.at(places.at(at)) as ManifestTensor;
    if (chosen.kind === 'remove') return { kind: 'remove', name: tensor.name };
    return { ...chosen, name: tensor.name, tensor };
  };
  return {
    get actions() {
      return tableOf(numbers.length, actionAt);
    },
    keep: position => choose({ kind: 'keep', manifest: 0 }, position),
    add: (action, positions) => {
      const { kind } = action;
      if (kind === 'compute' || kind === 'conflict') return addRow(treatments.push(action) - 1, 0);
      if (kind !== 'take') {
        const manifest = kind === 'keep' ? 0 : positions.findIndex(position => position !== undefined);
        return choose({ kind, manifest }, positions[manifest]);
      }
      const manifest = action.from === 'base' ? 0 : action.from + 1;
      choose({ kind, from: action.from, reason: action.reason, manifest }, positions[manifest]);
    },
  };
}
