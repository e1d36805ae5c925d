import { MgitError } from '../../base/errors.ts';
import { isFloat } from '../../merge/float-dtypes.ts';
import type { InputModel } from '../../merge/model-plan/input-model.ts';
import { countLayers, layerName } from '../../merge/model-plan/layer-name.ts';
import type { PlannedTensor } from '../../merge/model-plan/planned-tensor.ts';
import { torchName } from '../../merge/recipe-file/dtype-names.ts';
import { byteLength, type Dtype } from '../../tensor/dtype.ts';

type Config = Readonly<Record<string, unknown>>;

/** The result's `config.json`, and what its models disagree about. */
export interface MergedConfig {
  readonly config: Config;
  /** Keys that differ among the models; the base's value, or else the first model's, stands. */
  readonly differing: readonly string[];
}

/** Keys that say nothing about what the model computes, or that the merge itself decides. */
const OWN_MATTERS = new Set([
  '_name_or_path',
  '_commit_hash',
  'transformers_version',
  'torch_dtype',
  'dtype',
  'use_cache',
  'vocab_size',
  'num_hidden_layers',
  'n_layer',
  'num_layers',
  'n_layers',
]);

/**
 * Makes the configuration of the result from that of the base, or else of the first model: its dtype, number of layers and of embedding rows are
 * those of the merged tensors. Undefined where no model has one. Errors: `MERGE_ARCHITECTURE_DIFFERS`.
 */
export function mergedConfig(
  models: readonly InputModel[],
  plan: readonly PlannedTensor[],
  vocabularyRows: number | undefined,
): MergedConfig | undefined {
  const [donor, ...others] = models.filter(model => model.config !== undefined);
  if (donor?.config === undefined) return undefined;
  for (const other of others) refuseOtherKind(donor, other);
  const { config } = donor;
  const keys = [...new Set([donor, ...others].flatMap(model => Object.keys(model.config ?? {})))];
  const differing = keys.filter(
    key =>
      !OWN_MATTERS.has(key) &&
      others.some(other => JSON.stringify(other.config?.[key]) !== JSON.stringify(config[key])),
  );
  return {
    config: {
      ...config,
      ...layerKeys(donor, models, plan),
      ...dtypeKey(config, plan),
      ...rowKeys(config, plan, vocabularyRows),
    },
    differing,
  };
}

function refuseOtherKind(donor: InputModel, other: InputModel): void {
  const [wanted, found] = [donor.config?.model_type, other.config?.model_type];
  if (wanted === found || wanted === undefined || found === undefined) return;
  throw new MgitError(
    'MERGE_ARCHITECTURE_DIFFERS',
    `${donor.name} is a ${wanted} and ${other.name} a ${found}`,
    {
      hint: 'merge models of one architecture; name the model files themselves to merge tensors whatever they belong to',
    },
  );
}

/** The dtype of most bytes. */
function dtypeKey(config: Config, plan: readonly PlannedTensor[]): Config {
  const bytes = new Map<Dtype, number>();
  for (const { dtype, shape } of plan)
    if (isFloat(dtype)) bytes.set(dtype, (bytes.get(dtype) ?? 0) + byteLength(dtype, shape));
  const [most] = [...bytes].sort(([, left], [, right]) => right - left);
  const name = most && torchName(most[0]);
  return name === undefined ? {} : { ['dtype' in config ? 'dtype' : 'torch_dtype']: name };
}

function rowKeys(config: Config, plan: readonly PlannedTensor[], rows: number | undefined): Config {
  const cut = plan.flatMap(planned =>
    planned.action === 'compute' && planned.models.some(({ resized }) => resized?.kind === 'first-rows')
      ? (planned.shape[0] ?? [])
      : [],
  );
  const size = rows ?? cut[0];
  const untied =
    config.tie_word_embeddings === true && plan.some(({ name }) => /(?:^|\.)lm_head\.weight$/.test(name));
  return {
    ...(size === undefined ? {} : { vocab_size: size }),
    ...(untied ? { tie_word_embeddings: false } : {}),
  };
}

const LAYER_KEYS = ['num_hidden_layers', 'n_layer', 'num_layers', 'n_layers'];

/** The number of layers, and lists with an entry for each layer, in the order of the layers that the result is made of. */
function layerKeys(donor: InputModel, models: readonly InputModel[], plan: readonly PlannedTensor[]): Config {
  const config = donor.config ?? {};
  const key = LAYER_KEYS.find(name => typeof config[name] === 'number');
  if (key === undefined) return {};
  const before = config[key] as number;
  const counts = countLayers(donor.tensors.keys());
  const stack = [...counts].find(([, layers]) => layers === before)?.[0];
  const after =
    stack === undefined ? before : (countLayers(plan.map(({ name }) => name)).get(stack) ?? before);
  const origins = stack === undefined ? undefined : layerOrigins(plan, stack);
  const isUnmoved = after === before && (origins ?? []).every((origin, layer) => origin.layer === layer);
  if (isUnmoved || origins === undefined) return {};
  const lists = Object.entries(config).filter(([, value]) => Array.isArray(value) && value.length === before);
  const listOf = (name: string, model: string): unknown =>
    models.find(other => other.name === model)?.config?.[name];
  const moved = lists.map(([name, value]) => [
    name,
    origins.map(({ model, layer }) => {
      const list = listOf(name, model);
      return Array.isArray(list) ? list[layer] : (value as readonly unknown[])[layer];
    }),
  ]);
  return { ...Object.fromEntries(moved), [key]: after };
}

/** The first source of each layer of the result. */
function layerOrigins(
  plan: readonly PlannedTensor[],
  stack: string,
): readonly { readonly model: string; readonly layer: number }[] {
  const origins: { model: string; layer: number }[] = [];
  for (const planned of plan) {
    const at = layerName(planned.name);
    if (at?.stack !== stack || origins[at.layer]) continue;
    const input =
      planned.action === 'copy'
        ? planned.from
        : planned.action === 'same'
          ? planned.inputs[0]
          : planned.models[0];
    const from = input && layerName(input.tensor.name);
    if (input && from) origins[at.layer] = { model: input.model, layer: from.layer };
  }
  return origins;
}
