import { basename, dirname, join, resolve } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';

/** A model on disk. Paths are absolute. */
export interface ModelLocation {
  /** As it was called. */
  readonly name: string;
  /** The model's file, or the index of its shards. */
  readonly path: string;
  /** The folder with its config and its tokenizer: its own, where a folder was named. */
  readonly folder: string | undefined;
}

/** What the model of a folder is called, best first. Source: transformers, `utils/__init__.py`. */
const FILE_NAMES = [
  'model.safetensors.index.json',
  'model.safetensors',
  'pytorch_model.bin.index.json',
  'pytorch_model.bin',
];

/** Finds the model that a recipe names: a file, or the model in a folder. Errors: `MODEL_NOT_FOUND`. */
export async function locateModel(fs: FileSystem, cwd: string, name: string): Promise<ModelLocation> {
  const path = resolve(cwd, name);
  const kind = await kindOf(fs, path);
  if (kind === 'file') {
    const hasConfig = (await kindOf(fs, join(dirname(path), 'config.json'))) === 'file';
    return { name, path, folder: hasConfig && isUsualName(path) ? dirname(path) : undefined };
  }
  if (kind === undefined) throw notFound(name);
  const names = (await fs.readDirectory(path)).map(entry => entry.name);
  const usual = FILE_NAMES.find(candidate => names.includes(candidate));
  const found = usual ?? onlyModel(names);
  if (found === undefined) throw noModelIn(name, names);
  return { name, path: join(path, found), folder: path };
}

function isUsualName(path: string): boolean {
  return FILE_NAMES.includes(basename(path));
}

async function kindOf(fs: FileSystem, path: string): Promise<string | undefined> {
  try {
    return (await fs.stat(path)).kind;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** A folder with one model under another name. */
function onlyModel(names: readonly string[]): string | undefined {
  for (const end of ['.safetensors.index.json', '.safetensors', '.bin', '.pt', '.pth']) {
    const found = names.filter(name => name.endsWith(end) && !name.startsWith('.'));
    if (found.length === 1) return found[0];
    if (found.length > 1) return undefined;
  }
  return undefined;
}

function notFound(name: string): MgitError {
  const isHubName = /^[\w.-]+\/[\w.-]+$/.test(name);
  return new MgitError('MODEL_NOT_FOUND', `there is no model at ${JSON.stringify(name)}`, {
    hint: isHubName
      ? `models of the Hugging Face Hub are downloaded first: hf download ${name} --local-dir ${name}`
      : 'name a folder or a file; relative paths begin at the current directory',
  });
}

function noModelIn(name: string, names: readonly string[]): MgitError {
  const models = names.filter(entry => /\.(?:safetensors|bin|pth?)$/.test(entry));
  return new MgitError(
    'MODEL_NOT_FOUND',
    models.length > 1
      ? `${name} holds several models and no index: ${models.slice(0, 3).join(', ')}`
      : `${name} holds no model`,
    { hint: 'name the model file itself' },
  );
}
