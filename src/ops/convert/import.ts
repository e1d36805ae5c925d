import { basename, dirname, resolve } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CheckpointWriter } from '../../formats/write/blueprint.ts';
import { writerOf } from '../../formats/write/registry.ts';
import { workTreeAttributes } from '../../store/worktree/attribute-sources.ts';
import { isModel } from '../../store/worktree/attributes.ts';
import { writePlaced } from '../content/write-content.ts';
import type { Repository } from '../repository.ts';
import { addPaths } from '../worktree/add.ts';
import { track } from '../worktree/track.ts';
import { repositoryPath, workTreeOf } from '../worktree/work-tree.ts';
import { type ConversionChoices, planConversion } from './convert.ts';
import type { ConvertedFile } from './export.ts';
import { openFileModel } from './file-model.ts';

/** What `mgit import` takes in. */
export interface ImportRequest extends LongOperation, Omit<ConversionChoices, 'writer'> {
  /** Absolute. */
  readonly cwd: string;
  /** A model file of any format that mgit reads, or the index of a sharded model. */
  readonly file: string;
  /** Where the model goes in the work tree; default: the file's name, with the format's ending, in `cwd`. */
  readonly target?: string;
  /** Default: safetensors. */
  readonly format?: string;
  /** Replace a file that is there. */
  readonly force?: boolean;
}

/** A model that was taken in and staged. */
export interface ImportedFile extends ConvertedFile {
  /** In the tree. */
  readonly path: string;
  /** Whether `.gitattributes` had to be told that it is a model. */
  readonly tracked: boolean;
}

/**
 * Converts a model file into the work tree, declares it a model where no attribute does, and stages it. Errors: `DESTINATION_EXISTS`, `EXPORT_UNSUPPORTED`,
 * `PATH_OUTSIDE`, those of {@link openFileModel}, {@link planConversion} and {@link addPaths}.
 */
export async function importModel(repository: Repository, request: ImportRequest): Promise<ImportedFile> {
  const writer = writerOf(request.format ?? 'safetensors');
  const output = resolve(request.cwd, request.target ?? targetName(request.file, writer));
  const path = repositoryPath(repository, request.cwd, output);
  if (!request.force) await refuseExisting(repository, output, path);
  await using model = await openFileModel(repository.ports.fs, resolve(request.cwd, request.file));
  const { bytes, ...conversion } = await planConversion(model, { ...request, writer }, request);
  await repository.ports.fs.makeDirectory(dirname(output));
  await writePlaced(repository, output, bytes());
  const tracked = await trackIfNeeded(repository, path);
  const staged = tracked ? ['.gitattributes', literal(path)] : [literal(path)];
  const { onEvent, signal } = request;
  await addPaths(repository, {
    cwd: repository.workTree,
    paths: staged,
    ...(onEvent ? { onEvent } : {}),
    ...(signal ? { signal } : {}),
  });
  return { ...conversion, output, path, tracked, format: writer.name };
}

/** `model.safetensors.index.json` becomes `model.safetensors`. */
function targetName(file: string, { extensions }: CheckpointWriter): string {
  const name =
    basename(file).replace(/(?:\.index\.json|\.safetensors\.index\.json|\.[^.]*)$/, '') || basename(file);
  return `${name}.${extensions[0]}`;
}

async function refuseExisting({ ports }: Repository, output: string, path: string): Promise<void> {
  const found = await ports.fs.lstat(output).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (found)
    throw new MgitError('DESTINATION_EXISTS', `${path} is there already`, {
      hint: 'choose another name, or use -f',
    });
}

async function trackIfNeeded(repository: Repository, path: string): Promise<boolean> {
  const attributes = workTreeAttributes(await workTreeOf(repository), () => undefined);
  if (isModel(await attributes.of(path))) return false;
  await track(repository, [literal(`/${path}`)]);
  return true;
}

/** A path as a glob that matches nothing else. */
function literal(path: string): string {
  return path.replace(/[\\*?[\]{}]/g, '\\$&');
}
