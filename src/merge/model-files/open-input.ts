import { join, resolve } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { type OpenModel, openModel } from '../../formats/open-model.ts';
import { openAdapter } from '../../formats/peft/read-adapter.ts';
import type { Dtype } from '../../tensor/dtype.ts';
import type { InputModel, InputTensor } from '../model-plan/input-model.ts';
import type { Adaptation } from './adaptation.ts';
import { adaptInput } from './adapted-input.ts';
import { locateModel, type ModelLocation } from './locate-model.ts';
import { splitAdapter } from './split-adapter.ts';

/** Where a tensor's bytes are. Nothing but data: it may go to another thread. */
export interface TensorPlace {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly offset: number;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly strides?: readonly number[];
  readonly byteOrder: 'little' | 'big';
  /** What becomes of its bytes. */
  readonly adaptation?: Adaptation;
}

/** An opened model that is merged. Dispose it to close its files. */
export interface OpenInput extends InputModel, AsyncDisposable {
  readonly location: ModelLocation;
  /** The model and, where one is applied to it, its adapter, as they were called. */
  readonly parts: readonly string[];
  /** Of its files. */
  readonly format: string;
  placeOf(tensor: InputTensor): TensorPlace;
  /** Sizes and times of its files as they were when they were opened, to tell a later run by. */
  readonly files: readonly { readonly path: string; readonly size: number; readonly modified: string }[];
  /** Errors: `FILE_CHANGED`. */
  checkUnchanged(): Promise<void>;
}

/**
 * Opens a model that a recipe names: a folder, a file, or `<model>+<adapter>`, a model with a PEFT adapter applied to it. Errors: `MODEL_NOT_FOUND`,
 * `MODEL_CONFIG_INVALID`, `ADAPTER_MISSING`, `ADAPTER_INVALID`, `ADAPTER_UNSUPPORTED`, `ADAPTER_MISMATCH`, those of the formats.
 */
export async function openInput(fs: FileSystem, cwd: string, name: string): Promise<OpenInput> {
  const { model, adapter: folder } = await splitAdapter(fs, cwd, name);
  const input = await openOwn(fs, cwd, model);
  if (folder === undefined) return input;
  await using stack = new AsyncDisposableStack();
  stack.use(input);
  const adapter = stack.use(await openAdapter(fs, resolve(cwd, folder)));
  const adapted = { ...adaptInput(input, adapter), name, parts: [model, folder] };
  stack.move();
  return adapted;
}

async function openOwn(fs: FileSystem, cwd: string, name: string): Promise<OpenInput> {
  const location = await locateModel(fs, cwd, name);
  const config = location.folder === undefined ? undefined : await readConfig(fs, location.folder);
  const model = await openModel(fs, location.path);
  const tensors = [...model.tensors].map(([tensor, { view }]): [string, InputTensor] => [
    tensor,
    { name: tensor, dtype: view.dtype, shape: view.shape },
  ]);
  return {
    name,
    location,
    parts: [name],
    format: model.files[0]?.layout.format ?? '',
    config,
    tensors: new Map(tensors),
    placeOf: tensor => placeIn(model, location, tensor.name),
    files: model.files.map(({ name: file, source }) => ({
      path: join(location.path, '..', file),
      size: source.stat.size,
      modified: String(source.stat.mtimeNs),
    })),
    checkUnchanged: () => model.checkUnchanged(),
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}

function placeIn(model: OpenModel, { path }: ModelLocation, name: string): TensorPlace {
  const found = model.tensors.get(name);
  if (found === undefined) throw new Error(`${name} is not in ${path}`);
  const { view, file } = found;
  return { ...view, path: join(path, '..', file.name) };
}

/** Reads a model's `config.json`; undefined where there is none. */
async function readConfig(fs: FileSystem, folder: string): Promise<InputModel['config']> {
  const path = join(folder, 'config.json');
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(await fs.readFile(path)));
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Readonly<Record<string, unknown>>;
    throw new SyntaxError('it is no object');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    if (!(error instanceof SyntaxError)) throw error;
    throw new MgitError('MODEL_CONFIG_INVALID', `${path} cannot be read: ${error.message}`, {
      cause: error,
      hint: 'correct the file, or name the model file alone',
    });
  }
}
