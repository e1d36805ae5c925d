import { join } from 'node:path';
import type { JsonValue } from '../../base/canonical-json.ts';
import type { Ports } from '../../base/ports/ports.ts';
import { CONFIG_FILE, PREFIX, WEIGHTS_FILE } from '../../formats/peft/read-adapter.ts';
import type { Product } from '../../merge/adapters/product.ts';
import { makeOutput, refuseExisting, writeSmall } from '../output/output-folder.ts';
import { writeTensors } from '../output/tensors-file.ts';

/** A module of a LoRA adapter that is written: its product, with a scale of 1. */
export interface WrittenModule {
  readonly module: string;
  readonly isEmbedding: boolean;
  readonly product: Product;
  /** What follows the first dimension of A: more than one for a convolution. */
  readonly inputs: readonly number[];
}

/** A tensor that an adapter holds as a whole. */
export interface WholeTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What is written. */
export interface WrittenAdapter {
  readonly modules: readonly WrittenModule[];
  readonly whole: readonly WholeTensor[];
  /** Settings besides those that follow from the modules. */
  readonly settings: Readonly<Record<string, JsonValue>>;
}

/**
 * Writes a LoRA adapter as PEFT's `save_pretrained` does, F32, with a scale of 1 for each module, whatever its rank. It appears when it is
 * complete and on the disk. Errors: `OUTPUT_EXISTS`; of the file system.
 */
export async function writeAdapter(
  ports: Ports,
  folder: string,
  { adapter, force }: { readonly adapter: WrittenAdapter; readonly force: boolean },
): Promise<void> {
  await refuseExisting(ports.fs, folder, force);
  const config = Buffer.from(`${JSON.stringify(configOf(adapter), null, 2)}\n`);
  await makeOutput(ports, folder, async staging => {
    await writeSmall(ports.fs, join(staging, CONFIG_FILE), config);
    await writeTensors(ports.fs, join(staging, WEIGHTS_FILE), tensorsOf(adapter), async ({ values }) =>
      bytesOf(values),
    );
  });
}

function configOf({ modules, settings }: WrittenAdapter): Record<string, JsonValue> {
  const ranks = modules.map(({ product }) => product.rank);
  const usual = Math.max(1, ...ranks);
  const others = modules.filter(({ product }) => product.rank !== usual);
  const pattern = Object.fromEntries(others.map(({ module, product }) => [module, product.rank]));
  return {
    ...settings,
    peft_type: 'LORA',
    r: usual,
    lora_alpha: usual,
    use_rslora: false,
    rank_pattern: pattern,
    alpha_pattern: pattern,
    target_modules: modules.map(({ module }) => module).sort(),
  };
}

function tensorsOf({ modules, whole }: WrittenAdapter) {
  return [...modules.flatMap(factorsOf), ...whole.map(tensor => ({ ...tensor, name: PREFIX + tensor.name }))]
    .map(tensor => ({ ...tensor, dtype: 'F32' as const }))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function factorsOf({ module, isEmbedding, product, inputs }: WrittenModule): readonly WholeTensor[] {
  const nameOf = (side: string): string =>
    `${PREFIX}${module}.lora_${isEmbedding ? `embedding_${side}` : `${side}.weight`}`;
  const { rows, rank, left, right } = product;
  const trailing = inputs.length > 1 ? inputs.slice(1).map(() => 1) : [];
  return [
    { name: nameOf('A'), shape: [rank, ...inputs], values: Float32Array.from(right) },
    { name: nameOf('B'), shape: [rows, rank, ...trailing], values: Float32Array.from(left) },
  ];
}
