import { growingDoubles, growingIntegers } from '../base/growing-columns.ts';
import { type Table, tableOf } from '../base/table.ts';
import type { Manifest, ManifestTensor } from '../store/manifest/manifest.ts';
import type { ComputeAction, TensorAction } from './plan.ts';

/** The actions of a plan, held as numbers: a hundred thousand tensors are no graph of objects, whether they are merged or stay what they are. */
export interface ActionTable {
  readonly actions: Table<TensorAction>;
  /** `positions` are those of the tensor in the manifests. */
  add(action: TensorAction, positions: readonly (number | undefined)[]): void;
  /** The tensor at this position of the first manifest, the merge base, stays. */
  keep(position: number): void;
}

/** What several actions have in common, or one that is held as it is. */
type Treatment = Chosen | Computed | Extract<TensorAction, { kind: 'conflict' }>;

/** A version of a manifest is chosen; the row's place is the tensor's position there. */
type Chosen =
  | { readonly kind: 'keep' | 'remove'; readonly manifest: number }
  | (Pick<Extract<TensorAction, { kind: 'take' }>, 'kind' | 'from' | 'reason'> & {
      readonly manifest: number;
    });

/** Versions are calculated with; the row's place is that among the computed ones. */
type Computed = Pick<ComputeAction, 'kind' | 'method' | 'parameters' | 'models'> & {
  readonly hasBase: boolean;
};

/** In place of the position of a tensor that a manifest does not have. */
const NOWHERE = 0xffffffff;

/** An empty table of actions on the tensors of these manifests, the merge base first. */
export function actionTable(manifests: readonly (Manifest | undefined)[]): ActionTable {
  const numbers = growingIntegers();
  const places = growingIntegers();
  const treatments: Treatment[] = [];
  const shared = new Map<string, number>();
  const versions = computedVersions(manifests);
  const addRow = (treatment: Treatment, place: number, key?: string): void => {
    const number = (key === undefined ? undefined : shared.get(key)) ?? treatments.push(treatment) - 1;
    if (key !== undefined) shared.set(key, number);
    numbers.push(number);
    places.push(place);
  };
  const choose = (treatment: Chosen, position = 0): void =>
    addRow(treatment, position, JSON.stringify(treatment));
  const compute = (action: ComputeAction, positions: readonly (number | undefined)[]): void => {
    const { kind, method, models, base } = action;
    const treatment = {
      kind,
      method,
      parameters: withSeed(action.parameters, 0),
      models,
      hasBase: base !== undefined,
    };
    addRow(treatment, versions.add(positions, action.parameters.seed), keyOf(treatment));
  };
  const actionAt = (at: number): TensorAction => {
    const treatment = treatments[numbers.at(at)] as Treatment;
    if (treatment.kind === 'conflict') return treatment;
    if (treatment.kind === 'compute') return versions.computed(treatment, places.at(at));
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
      if (kind === 'conflict') return addRow(action, 0);
      if (kind === 'compute') return compute(action, positions);
      if (kind !== 'take') {
        const manifest = kind === 'keep' ? 0 : positions.findIndex(position => position !== undefined);
        return choose({ kind, manifest }, positions[manifest]);
      }
      const manifest = action.from === 'base' ? 0 : action.from + 1;
      choose({ kind, from: action.from, reason: action.reason, manifest }, positions[manifest]);
    },
  };
}

/** Methods of one name are one. */
function keyOf({ method, ...treatment }: Computed): string {
  return JSON.stringify({ ...treatment, method: method.name });
}

/** Seeds are the only parameters that tensors have to themselves. */
function withSeed(parameters: ComputeAction['parameters'], seed: number): ComputeAction['parameters'] {
  return parameters.seed === undefined ? parameters : { ...parameters, seed };
}

/** The positions of computed tensors in all manifests, and their seeds. */
function computedVersions(manifests: readonly (Manifest | undefined)[]) {
  const positions = growingIntegers();
  const seeds = growingDoubles();
  const tensorAt = (row: number, manifest: number): ManifestTensor | undefined =>
    manifests[manifest]?.tensors.at(positions.at(row * manifests.length + manifest));
  return {
    /** Returns its row. */
    add: (places: readonly (number | undefined)[], seed: unknown): number => {
      for (const at of manifests.keys()) positions.push(places[at] ?? NOWHERE);
      seeds.push(Number(seed ?? 0));
      return seeds.length - 1;
    },
    computed: ({ hasBase, ...treatment }: Computed, row: number): ComputeAction => {
      const tensors = treatment.models.map(model => tensorAt(row, model + 1) as ManifestTensor);
      return {
        ...treatment,
        name: (tensors[0] as ManifestTensor).name,
        parameters: withSeed(treatment.parameters, seeds.at(row)),
        base: hasBase ? tensorAt(row, 0) : undefined,
        tensors,
      };
    },
  };
}
