import { elementCount } from '../../tensor/dtype.ts';
import {
  type AdapterConfig,
  adapterMismatch,
  adapterUnsupported,
  booleanField,
  refuseUnknownSettings,
} from './adapter-config.ts';
import type {
  AdaptedTensor,
  AdapterTensor,
  AdapterType,
  LowRankUpdate,
  TensorChange,
} from './adapter-type.ts';
import { type LoraModule, loraParts } from './lora-factors.ts';
import { replaced } from './replaced.ts';

/** What bears on the result and is read here, and what only bore on the training. */
const KNOWN_SETTINGS = [
  'alpha_pattern',
  'bias',
  'corda_config',
  'eva_config',
  'fan_in_fan_out',
  'init_lora_weights',
  'layers_pattern',
  'layers_to_transform',
  'lora_alpha',
  'lora_dropout',
  'lora_ga_config',
  'megatron_core',
  'qalora_group_size',
  'r',
  'rank_pattern',
  'use_rslora',
];

/** Beginnings that leave the weights of the model alone; the others of PEFT also change what they start from. */
const PLAIN_BEGINNINGS: readonly unknown[] = [undefined, null, true, false, 'gaussian', 'eva', 'orthogonal'];

/**
 * LoRA: `W + (alpha / r) B A`, or `alpha / sqrt(r)` with `use_rslora`; for weights that are stored with inputs first, and embeddings, the
 * product transposed. Sources: Hu et al. 2021 (arXiv 2106.09685), Kalajdzievski 2023 (arXiv 2312.03732), PEFT's `LoraConfig`.
 */
export const lora: AdapterType = {
  name: 'LORA',
  changes: (config, tensors) => {
    refuseUnknownLora(config);
    const { modules, others } = loraParts(config, tensors);
    return [...modules.map(module => product(module, config)), ...others.map(replaced)];
  },
};

/** Refuses what changes a LoRA's result and is not computed here. Errors: `ADAPTER_UNSUPPORTED`. */
export function refuseUnknownLora(config: AdapterConfig): void {
  if (booleanField(config, 'use_dora')) throw adapterUnsupported('use_dora (DoRA)');
  if (!PLAIN_BEGINNINGS.includes(config.init_lora_weights))
    throw adapterUnsupported(`init_lora_weights ${JSON.stringify(config.init_lora_weights)}`);
  refuseUnknownSettings(config, KNOWN_SETTINGS);
}

function product(
  { module, a, b, rank, scale, isEmbedding }: LoraModule,
  config: AdapterConfig,
): TensorChange {
  const isTurned = isEmbedding || booleanField(config, 'fan_in_fan_out');
  const shape: ProductShape = { module, rank, scale, isTurned };
  return {
    kind: 'computed',
    target: `${module}.weight`,
    isOptional: false,
    update: base => addProduct(base, { a, b }, shape),
  };
}

interface ProductShape {
  readonly module: string;
  readonly rank: number;
  readonly scale: number;
  /** The configuration says that the weight is stored with inputs first. */
  readonly isTurned: boolean;
}

/** The configuration holds for all modules, though a model may store some weights the other way: a shape that fits one way only decides. */
function addProduct(
  { shape }: AdaptedTensor,
  { a, b }: { readonly a: AdapterTensor; readonly b: AdapterTensor },
  { module, rank, scale, isTurned }: ProductShape,
): LowRankUpdate {
  const [inputs, outputs] = [elementCount(a.shape) / rank, elementCount(b.shape) / rank];
  const rows = shape[0] ?? 0;
  const columns = elementCount(shape.slice(1));
  const isPlainFit = rows === outputs && columns === inputs && b.shape[0] === outputs;
  const isTurnedFit = rows === inputs && columns === outputs && shape.length === 2;
  if (!isPlainFit && !isTurnedFit)
    throw adapterMismatch(
      `${module}: factors of [${a.shape}] and [${b.shape}] do not give the weight's [${shape}]`,
    );
  const turns = isTurnedFit && (isTurned || !isPlainFit);
  const [left, right] = turns ? [a, b] : [b, a];
  return {
    type: 'low-rank',
    rows,
    columns,
    rank,
    scale,
    left,
    right,
    isTransposed: turns,
  };
}
