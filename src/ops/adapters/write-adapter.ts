import { join } from 'node:path';
import type { JsonValue } from '../../base/canonical-json.ts';
import type { Ports } from '../../base/ports/ports.ts';
import { writeSafetensorsHeader } from '../../formats/safetensors/write-header.ts';
import type { Product } from '../../merge/adapters/product.ts';
import { refuseExisting, stageOutput, writeSmall } from '../merge-folder/output-folder.ts';
import { CONFIG_FILE, PREFIX, WEIGHTS_FILE } from './read-adapter.ts';

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
  const staged = await stageOutput(ports, folder);
  try {
    const config = Buffer.from(`${JSON.stringify(configOf(adapter), null, 2)}\n`);
    await writeSmall(ports.fs, join(staged.staging, CONFIG_FILE), config);
    await writeWeights(ports, join(staged.staging, WEIGHTS_FILE), adapter);
    await staged.finish();
  } catch (error) {
    await staged.abandon().catch(() => {}); // The first failure is the one to tell of.
    throw error;
  }
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

async function writeWeights(ports: Ports, path: string, { modules, whole }: WrittenAdapter): Promise<void> {
  const tensors = [
    ...modules.flatMap(factorsOf),
    ...whole.map(tensor => ({ ...tensor, name: PREFIX + tensor.name })),
  ].sort((left, right) => (left.name < right.name ? -1 : 1));
  const specs = tensors.map(({ name, shape }) => ({ name, dtype: 'F32' as const, shape }));
  const { bytes, tensors: placed } = writeSafetensorsHeader(specs, { format: 'pt' });
  const file = await ports.fs.open(path, 'write');
  try {
    await file.write(bytes, 0);
    for (const [at, { offset }] of [...placed].entries()) {
      const { buffer, byteOffset, byteLength } = tensors[at]?.values ?? new Float32Array();
      await file.write(new Uint8Array(buffer, byteOffset, byteLength), offset);
    }
    await file.sync();
  } finally {
    await file.close();
  }
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
