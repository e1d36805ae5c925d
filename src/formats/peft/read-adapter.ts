import { join } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { FileStat, FileSystem } from '../../base/ports/file-system.ts';
import { byteLength, elementCount } from '../../tensor/dtype.ts';
import { type FactorBytes, PREDICTED_DTYPES, type PredictedDtype } from '../../tensor/prediction.ts';
import { type OpenModel, type OpenTensor, openModel } from '../open-model.ts';
import {
  type AdapterConfig,
  adapterInvalid,
  adapterUnsupported,
  parseAdapterConfig,
} from './adapter-config.ts';
import type { AdapterTensor, TensorChange } from './adapter-type.ts';
import { adapterType } from './registry.ts';

export const CONFIG_FILE = 'adapter_config.json';
export const WEIGHTS_FILE = 'adapter_model.safetensors';
const CONFIG_BYTES = 1024 * 1024;
/** Of the format of records; more is not a low-rank change. */
const FACTOR_ELEMENTS = 2 ** 23;
const SLICE_BYTES = 4 * 1024 * 1024;
/** What PEFT's wrapper puts in front of the model's own names. */
export const PREFIX = 'base_model.model.';

/** An adapter on disk. Dispose it to close its file. */
export interface Adapter extends AsyncDisposable {
  /** As `peft_type` says it. */
  readonly type: string;
  readonly changes: readonly TensorChange[];
  readonly files: AdapterFiles['files'];
  /** Errors: `FILE_CHANGED`. */
  checkUnchanged(): Promise<void>;
}

/** An adapter's configuration and tensors, before anybody knows what they do. Dispose it to close its file. */
export interface AdapterFiles extends AsyncDisposable {
  readonly config: AdapterConfig;
  readonly tensors: readonly AdapterTensor[];
  /** Sizes and times of its files as they were when they were opened, to tell a later run by. */
  readonly files: readonly { readonly path: string; readonly size: number; readonly modified: string }[];
  /** Errors: `FILE_CHANGED`. */
  checkUnchanged(): Promise<void>;
}

/**
 * Opens the folder that PEFT's `save_pretrained` wrote; nothing in it is executed. Errors: `ADAPTER_MISSING`, `ADAPTER_INVALID`,
 * `ADAPTER_UNSUPPORTED`, those of safetensors.
 */
export async function openAdapter(fs: FileSystem, folder: string): Promise<Adapter> {
  const files = await openAdapterFiles(fs, folder);
  try {
    const type = adapterType(files.config.peft_type);
    const changes = requireDistinct(type.changes(files.config, files.tensors));
    return { ...files, type: type.name, changes };
  } catch (error) {
    await files[Symbol.asyncDispose]();
    throw error;
  }
}

/** Opens the files of an adapter. Errors: `ADAPTER_MISSING`, `ADAPTER_INVALID`, `ADAPTER_UNSUPPORTED`, those of safetensors. */
export async function openAdapterFiles(fs: FileSystem, folder: string): Promise<AdapterFiles> {
  const { text, file } = await readConfig(fs, folder);
  const config = parseAdapterConfig(text);
  const path = join(folder, WEIGHTS_FILE);
  const model = await openModel(fs, path).catch((error: unknown) => {
    throw isSystemError(error, 'ENOENT', 'EISDIR') ? adapterMissing(folder, WEIGHTS_FILE) : error;
  });
  try {
    if (model.files[0]?.layout.format !== 'safetensors') throw adapterInvalid(`${WEIGHTS_FILE} is none`);
    return {
      config,
      tensors: tensorsOf(model, path),
      files: [file, ...model.files.map(({ source }) => fileAt(path, source.stat))],
      checkUnchanged: () => model.checkUnchanged(),
      [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
    };
  } catch (error) {
    await model[Symbol.asyncDispose]();
    throw error;
  }
}

async function readConfig(
  fs: FileSystem,
  folder: string,
): Promise<{ readonly text: string; readonly file: AdapterFiles['files'][number] }> {
  const path = join(folder, CONFIG_FILE);
  try {
    const stat = await fs.stat(path);
    if (stat.size > CONFIG_BYTES) throw adapterInvalid(`${CONFIG_FILE} has more than ${CONFIG_BYTES} bytes`);
    return { text: Buffer.from(await fs.readFile(path)).toString('utf8'), file: fileAt(path, stat) };
  } catch (error) {
    throw isSystemError(error, 'ENOENT', 'ENOTDIR', 'EISDIR') ? adapterMissing(folder, CONFIG_FILE) : error;
  }
}

function fileAt(path: string, { size, mtimeNs }: FileStat): AdapterFiles['files'][number] {
  return { path, size, modified: String(mtimeNs) };
}

function adapterMissing(folder: string, file: string): MgitError {
  return new MgitError('ADAPTER_MISSING', `there is no ${file} in ${folder}`, {
    hint: "give the folder that PEFT's save_pretrained wrote, with its weights as safetensors",
  });
}

function tensorsOf(model: OpenModel, path: string): readonly AdapterTensor[] {
  if (model.tensors.size === 0) throw adapterInvalid(`${WEIGHTS_FILE} holds no tensors`);
  return [...model.tensors].map(([name, tensor]) => {
    if (!name.startsWith(PREFIX)) throw adapterUnsupported(`the tensor ${name}`);
    return adapterTensor(name.slice(PREFIX.length), tensor, path);
  });
}

function adapterTensor(name: string, { file, view }: OpenTensor, path: string): AdapterTensor {
  const { dtype, shape, offset } = view;
  const length = byteLength(dtype, shape);
  return {
    name,
    dtype,
    shape,
    place: { path, offset },
    slices: async function* () {
      for (let at = 0; at < length; at += SLICE_BYTES)
        yield await file.source.read(offset + at, Math.min(SLICE_BYTES, length - at));
    },
    factor: async (): Promise<FactorBytes> => {
      const factor = { dtype: factorDtype({ name, dtype, shape }) };
      return { ...factor, bytes: await file.source.read(offset, length) };
    },
  };
}

/** The dtype of a tensor that is a factor. Errors: `ADAPTER_UNSUPPORTED` for other types than F32, F16 and BF16, or too many elements. */
export function factorDtype({
  name,
  dtype,
  shape,
}: Pick<AdapterTensor, 'name' | 'dtype' | 'shape'>): PredictedDtype {
  if (!isPredicted(dtype)) throw adapterUnsupported(`factors of ${dtype} (${name})`);
  if (elementCount(shape) > FACTOR_ELEMENTS)
    throw adapterUnsupported(`factors of more than ${FACTOR_ELEMENTS} elements (${name})`);
  return dtype;
}

/** Whether tensors of a dtype can be computed from factors, or be factors. */
export function isPredicted(dtype: string): dtype is PredictedDtype {
  return (PREDICTED_DTYPES as readonly string[]).includes(dtype);
}

/** The order of two changes of one tensor would decide, and PEFT's is not said anywhere. */
function requireDistinct(changes: readonly TensorChange[]): readonly TensorChange[] {
  const seen = new Set<string>();
  for (const { target } of changes) {
    if (seen.has(target)) throw adapterUnsupported(`two changes of ${target}`);
    seen.add(target);
  }
  return changes;
}
