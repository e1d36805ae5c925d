import { resolve } from 'node:path';
import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import { globMatcher } from '../../base/globs.ts';
import type { Ports } from '../../base/ports/ports.ts';
import { isFloat } from '../../merge/float-dtypes.ts';
import { convertedSource } from '../../merge/model-files/converted-source.ts';
import { fileSource, type OpenFiles, openFiles } from '../../merge/model-files/file-source.ts';
import { type OpenInput, openInput } from '../../merge/model-files/open-input.ts';
import type { InputTensor } from '../../merge/model-plan/input-model.ts';
import type { InputSource } from '../../merge/tensor-inputs.ts';
import { elementCount } from '../../tensor/dtype.ts';
import { loadKernels } from '../../tensor/kernels/kernels.ts';
import { factorize } from '../../tensor/structure/factorize.ts';
import type { MatrixBlock, ReadBlocks } from '../../tensor/structure/matrix-block.ts';
import { type WholeTensor, type WrittenModule, writeAdapter } from './write-adapter.ts';

/** What `mgit adapter extract` is asked to do. */
export interface ExtractAdapterOptions extends LongOperation {
  readonly cwd: string;
  /** Folders or files. */
  readonly base: string;
  readonly model: string;
  readonly out: string;
  readonly rank: number;
  /** Globs of tensor names; default: all. */
  readonly match?: readonly string[];
  readonly force?: boolean;
}

/** An extracted adapter. */
export interface ExtractedAdapter {
  readonly kind: 'adapter';
  /** Absolute. */
  readonly out: string;
  /** `lost`: the share of the change's squared norm that the rank leaves out. */
  readonly modules: readonly { readonly module: string; readonly rank: number; readonly lost: number }[];
  /** Changed tensors that have no smaller factors (vectors, embeddings): the adapter holds them as a whole. */
  readonly whole: readonly string[];
  /** Changed tensors that the adapter does not have. */
  readonly leftOut: readonly string[];
}

/** Rows are read in blocks of so many bytes of F32 at least. */
const BLOCK_BYTES = 4 * 1024 * 1024;
/** Tables that are looked up, which PEFT keeps otherwise than layers. */
const EMBEDDING = /(?:^|\.)(?:embed_tokens|wte|wpe|tok_embeddings|[a-z_]*embeddings?)\.weight$/;

/**
 * Makes a LoRA adapter of what tells a fine-tuned model from its base: of each matrix that changed, the factors of the largest dimensions of
 * its change. Errors: `MODEL_NOT_FOUND`, `ADAPTER_EMPTY` (nothing changed), `ADAPTER_MISMATCH`, `OUTPUT_EXISTS`, `FILE_CHANGED`, those of the formats.
 */
export async function extractAdapter(
  ports: Ports,
  options: ExtractAdapterOptions,
): Promise<ExtractedAdapter> {
  const { cwd, rank } = options;
  await using base = await openInput(ports.fs, cwd, options.base);
  await using model = await openInput(ports.fs, cwd, options.model);
  await using files = openFiles(ports.fs);
  const isWanted = options.match && options.match.length > 0 ? globMatcher(options.match) : () => true;
  const modules: (WrittenModule & { readonly lost: number })[] = [];
  const whole: WholeTensor[] = [];
  const leftOut: string[] = [];
  for (const [name, tensor] of model.tensors) {
    options.signal?.throwIfAborted();
    const pair = await openPair({ base, model, files }, tensor);
    if (!pair || !(await isChanged(pair))) continue;
    const kind = isWanted(name) ? kindOf(name, tensor, rank) : 'other';
    if (kind === 'other') leftOut.push(name);
    else if (kind === 'whole') whole.push({ name, shape: tensor.shape, values: await allOf(pair) });
    else modules.push(await factored(name, pair, rank));
  }
  if (modules.length === 0 && whole.length === 0) throw nothingChanged(options, leftOut);
  const factoredModules = new Set(modules.map(({ module }) => module));
  const biases = whole.filter(({ name }) => factoredModules.has(moduleOf(name)));
  const saved = new Set(
    whole.map(({ name }) => moduleOf(name)).filter(module => !factoredModules.has(module)),
  );
  const kept = await wholeModules({ base, model, files }, saved);
  for (const input of [base, model]) await input.checkUnchanged();
  const settings = {
    ...SETTINGS,
    base_model_name_or_path: options.base,
    bias: biases.length > 0 ? 'lora_only' : 'none',
    ...(saved.size > 0 ? { modules_to_save: [...saved].sort() } : {}),
  };
  const written = [
    ...kept,
    ...biases.map(bias => ({ ...bias, name: `${moduleOf(bias.name)}.base_layer.bias` })),
  ];
  const out = resolve(cwd, options.out);
  await writeAdapter(ports, out, {
    adapter: { modules, whole: written, settings },
    force: options.force === true,
  });
  return {
    ...{ kind: 'adapter', out, leftOut, whole: whole.map(({ name }) => name) },
    modules: modules.map(({ module, product, lost }) => ({ module, rank: product.rank, lost })),
  };
}

const moduleOf = (name: string): string => name.replace(/\.[^.]+$/, '');

interface Models {
  readonly base: OpenInput;
  readonly model: OpenInput;
  readonly files: OpenFiles;
}

/** All tensors of some modules: PEFT wants a module that is saved whole, changed or not. */
async function wholeModules(models: Models, saved: ReadonlySet<string>): Promise<readonly WholeTensor[]> {
  const result: WholeTensor[] = [];
  for (const [name, tensor] of models.model.tensors) {
    const pair = saved.has(moduleOf(name)) ? await openPair(models, tensor) : undefined;
    if (pair) result.push({ name, shape: tensor.shape, values: await allOf(pair) });
  }
  return result;
}

const SETTINGS = {
  fan_in_fan_out: false,
  inference_mode: true,
  init_lora_weights: true,
  lora_dropout: 0,
};

function kindOf(name: string, { shape }: InputTensor, rank: number): 'matrix' | 'whole' | 'other' {
  const isParameter = /\.(?:weight|bias)$/.test(name);
  if (!isParameter) return 'other';
  const [rows = 0] = shape;
  const columns = elementCount(shape.slice(1));
  const isSmaller = rank * (rows + columns) < rows * columns;
  const isMatrix = shape.length >= 2 && name.endsWith('.weight') && !EMBEDDING.test(name);
  return isMatrix && isSmaller ? 'matrix' : 'whole';
}

/** The same tensor of both models, as F32. */
interface Pair {
  readonly shape: readonly number[];
  readonly tuned: InputSource;
  readonly base: InputSource;
}

async function openPair({ base, model, files }: Models, tensor: InputTensor): Promise<Pair | undefined> {
  const other = base.tensors.get(tensor.name);
  if (
    !other ||
    String(other.shape) !== String(tensor.shape) ||
    !isFloat(tensor.dtype) ||
    !isFloat(other.dtype)
  )
    return undefined;
  const kernels = await loadKernels();
  const open = async (input: OpenInput, of: InputTensor): Promise<InputSource> =>
    convertedSource(await fileSource(files, input.placeOf(of)), 'F32', kernels);
  return { shape: tensor.shape, tuned: await open(model, tensor), base: await open(base, other) };
}

/** Blocks of whole rows. */
function blocksOf({ shape, tuned, base }: Pair): ReadBlocks {
  const [rows = 1] = shape.length === 0 ? [1] : shape;
  const columns = elementCount(shape) / Math.max(1, rows);
  const perBlock = Math.max(1, Math.floor(BLOCK_BYTES / 4 / Math.max(1, columns)));
  return async function* (): AsyncGenerator<MatrixBlock> {
    for (let firstRow = 0; firstRow < rows; firstRow += perBlock) {
      const count = Math.min(perBlock, rows - firstRow);
      const [offset, length] = [firstRow * columns * 4, count * columns * 4];
      const read = async (source: InputSource): Promise<Float32Array> => {
        const bytes = await source.fetch(offset, Buffer.alloc(length));
        return new Float32Array(new Uint8Array(bytes).buffer);
      };
      yield { firstRow, rows: count, columns, tuned: await read(tuned), base: await read(base) };
    }
  };
}

async function isChanged(pair: Pair): Promise<boolean> {
  for await (const { tuned, base } of blocksOf(pair)())
    if (tuned.some((value, at) => value !== base[at])) return true;
  return false;
}

async function allOf(pair: Pair): Promise<Float32Array> {
  const values = new Float32Array(elementCount(pair.shape));
  for await (const { tuned, firstRow, columns } of blocksOf(pair)()) values.set(tuned, firstRow * columns);
  return values;
}

async function factored(
  name: string,
  pair: Pair,
  rank: number,
): Promise<WrittenModule & { readonly lost: number }> {
  const [rows = 0] = pair.shape;
  const inputs = pair.shape.slice(1);
  const columns = elementCount(inputs);
  const read = blocksOf(pair);
  const found = await factorize(read, { rows, columns, rank, noise: 0, isLimit: true });
  if (!found || ![found.left, found.right].every(factor => factor.every(Number.isFinite)))
    throw new MgitError('MERGE_NON_FINITE', `the change of ${name} is not finite`, {
      hint: 'repair the model, or leave the tensor out with --match',
    });
  const product = {
    rows,
    columns,
    rank: found.rank,
    left: Float64Array.from(found.left),
    right: Float64Array.from(found.right),
  };
  const lost = await shareLost(read, product);
  return { module: name.replace(/\.weight$/, ''), isEmbedding: false, inputs, product, lost };
}

async function shareLost(
  read: ReadBlocks,
  { rank, columns, left, right }: WrittenModule['product'],
): Promise<number> {
  let [lacking, whole] = [0, 0];
  for await (const { firstRow, rows, tuned, base } of read())
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        let made = 0;
        for (let k = 0; k < rank; k++)
          made += (left[(firstRow + row) * rank + k] ?? 0) * (right[k * columns + column] ?? 0);
        const change = (tuned[row * columns + column] ?? 0) - (base[row * columns + column] ?? 0);
        lacking += (change - made) ** 2;
        whole += change ** 2;
      }
  return whole === 0 ? 0 : lacking / whole;
}

function nothingChanged({ base, model }: ExtractAdapterOptions, leftOut: readonly string[]): MgitError {
  const why =
    leftOut.length > 0
      ? `what changed is left out: ${leftOut.slice(0, 3).join(', ')}`
      : 'they have the same values';
  return new MgitError('ADAPTER_EMPTY', `nothing tells ${model} from ${base}: ${why}`, {
    hint: 'name the fine-tuned model second; --match chooses among its tensors',
  });
}
