import {
  type AdapterConfig,
  adapterInvalid,
  adapterUnsupported,
  booleanField,
  isModuleNamed,
  numberField,
  numbersField,
  requirePlainName,
} from './adapter-config.ts';
import type { AdapterTensor } from './adapter-type.ts';

/** A module's two factors in a LoRA adapter. */
export interface LoraModule {
  readonly module: string;
  readonly isEmbedding: boolean;
  readonly a: AdapterTensor;
  readonly b: AdapterTensor;
  readonly rank: number;
  /** alpha / rank, or alpha / sqrt(rank). */
  readonly scale: number;
}

/** What a LoRA adapter holds: modules with factors, and tensors as a whole. */
export interface LoraParts {
  readonly modules: readonly LoraModule[];
  readonly others: readonly AdapterTensor[];
}

const FACTOR_NAME = /^(.*)\.lora_(embedding_)?([AB])(\.weight)?$/;

/** Sorts an adapter's tensors. Errors: `ADAPTER_INVALID`, `ADAPTER_UNSUPPORTED`. */
export function loraParts(config: AdapterConfig, tensors: readonly AdapterTensor[]): LoraParts {
  const factors = new Map<string, { a?: AdapterTensor; b?: AdapterTensor; isEmbedding: boolean }>();
  const others: AdapterTensor[] = [];
  for (const tensor of tensors) {
    const match = FACTOR_NAME.exec(tensor.name);
    const isFactor = match !== null && (match[2] === undefined) === (match[4] !== undefined);
    if (isFactor) {
      const module = match[1] as string;
      const pair = factors.get(module) ?? { isEmbedding: match[2] !== undefined };
      pair[match[3] === 'A' ? 'a' : 'b'] = tensor;
      factors.set(module, pair);
    } else if (tensor.name.includes('.lora_')) throw adapterUnsupported(`the tensor ${tensor.name}`);
    else others.push(tensor);
  }
  const modules = [...factors].map(([module, { a, b, isEmbedding }]) => {
    if (!a || !b) throw adapterInvalid(`${module} has only one of its two factors`);
    const rank = rankOf(module, a, config);
    return { module, isEmbedding, a, b, rank, scale: scaleOf(module, rank, config) };
  });
  return { modules, others };
}

function rankOf(module: string, a: AdapterTensor, config: AdapterConfig): number {
  const rank = a.shape[0] ?? 0;
  const ranks = [numberField(config, 'r'), ...numbersField(config, 'rank_pattern').values()];
  if (rank < 1 || !ranks.includes(rank))
    throw adapterInvalid(`${module} has rank ${rank}, which adapter_config.json does not name`);
  return rank;
}

function scaleOf(module: string, rank: number, config: AdapterConfig): number {
  const patterns = numbersField(config, 'alpha_pattern');
  for (const name of patterns.keys()) requirePlainName(name, 'alpha_pattern');
  const named = [...patterns].find(([name]) => isModuleNamed(module, name));
  const alpha = named?.[1] ?? numberField(config, 'lora_alpha');
  return Math.fround(alpha / (booleanField(config, 'use_rslora') ? Math.sqrt(rank) : rank));
}
