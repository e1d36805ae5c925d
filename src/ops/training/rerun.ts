import { join } from 'node:path';
import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import { isCommandRecipe } from '../../train/recipe/recipe.ts';
import { parseRunRecord, type RunRecord, runRecordPath, runTrailer } from '../../train/run-record.ts';
import type { RuntimeDescription } from '../../train/runtime/describe-runtime.ts';
import { compareModels, type TensorComparison } from '../../train/weights/compare-models.ts';
import { readModelAt, restoreModel } from '../history/stored-model.ts';
import type { Repository } from '../repository.ts';
import { checkOutCommit } from './check-out-commit.ts';
import { runRecipeAt } from './run-recipe-at.ts';
import { scratchFolder } from './scratch.ts';

/** What `mgit rerun` repeats. */
export interface RerunOptions extends LongOperation {
  readonly revision: string;
  /** Largest relative L2 distance of a tensor that still counts as the same result; default {@link RERUN_TOLERANCE}. */
  readonly tolerance?: number;
  /** A recorded command comes from whoever made the commit: it runs only when this is said. */
  readonly allowCommand?: boolean;
}

/** How a repeated run compares with the recorded one. */
export interface RerunResult {
  readonly commit: CommitId;
  readonly verdict: 'bit-identical' | 'within-tolerance' | 'different';
  readonly tolerance: number;
  readonly tensors: readonly TensorComparison[];
  readonly metrics: { readonly recorded: RunRecord['metrics']; readonly repeated: RunRecord['metrics'] };
  /** What differs between the machine of the record and this one: bits may differ where this is not empty. */
  readonly environment: readonly {
    readonly what: string;
    readonly recorded: string;
    readonly here: string;
  }[];
}

/** Tensors this near to each other are the same for every purpose, but not the same bytes: another CPU or runtime gives less. */
export const RERUN_TOLERANCE = 1e-3;

/**
 * Repeats the run that made a commit, from its record, in a temporary place. Errors: `RUN_RECORD_MISSING`, `RUN_RECORD_INVALID`,
 * `DATA_CHANGED`, `COMMAND_NOT_ALLOWED`, those of `trainModel` and `runCommand`.
 */
export async function rerunCommit(repository: Repository, options: RerunOptions): Promise<RerunResult> {
  const commit = await repository.history.resolveCommit(options.revision);
  const record = await readRunRecord(repository, commit);
  requireAllowed(record, options);
  await using scratch = await scratchFolder(repository, 'rerun');
  const { fs } = repository.ports;
  const [root, results] = [join(scratch.path, 'base'), join(scratch.path, 'results')];
  for (const folder of [root, results]) await fs.makeDirectory(folder);
  await checkOutCommit(repository, { ...options, commit: record.base, directory: root });
  const recipe = pinned(record);
  const inputs = { recipe, commit: record.base, root, scratch: results };
  const { run, data } = await runRecipeAt(repository, inputs, options);
  requireSameData(record, data);
  const folder = join(scratch.path, 'recorded');
  const recordedPath = await restoreRecorded(repository, { commit, record, folder }, options);
  const comparison = await compareModels(fs, run.outputPath, recordedPath);
  const tolerance = options.tolerance ?? RERUN_TOLERANCE;
  return {
    commit,
    verdict: comparison.identical ? 'bit-identical' : verdictOf(comparison.tensors, tolerance),
    tolerance,
    tensors: comparison.tensors,
    metrics: { recorded: record.metrics, repeated: run.metrics },
    environment: environmentChanges(record.runtime, run.runtime),
  };
}

/** The run record of a commit. Errors: `RUN_RECORD_MISSING`, `RUN_RECORD_INVALID`. */
export async function readRunRecord(repository: Repository, id: CommitId): Promise<RunRecord> {
  const { history } = repository;
  const { message, tree } = await history.readCommit(id);
  const digest = runTrailer(message);
  const file = digest === undefined ? undefined : await history.findInTree(tree, runRecordPath(digest));
  if (digest !== undefined && file) return parseRunRecord(await history.readBlob(file.id), digest);
  throw new MgitError('RUN_RECORD_MISSING', `${await history.abbreviate(id)} has no run record`, {
    hint: 'name a commit that "mgit train" made: its message has a line Mgit-Run',
  });
}

function requireAllowed({ recipe }: RunRecord, options: RerunOptions): void {
  if (!isCommandRecipe(recipe.content) || options.allowCommand) return;
  throw new MgitError('COMMAND_NOT_ALLOWED', `the run was a command: ${recipe.content.command.join(' ')}`, {
    hint: 'if you trust the commit, add --allow-command',
  });
}

/** The recipe with everything that the record knows better: threads and provider, so that the same kernels run. */
function pinned({ recipe, runtime, seed, steps }: RunRecord): RunRecord['recipe']['content'] {
  const { content } = recipe;
  if (isCommandRecipe(content)) return { ...content, seed };
  const { epochs: _, ...rest } = content;
  const length = steps === undefined ? {} : { steps };
  return { ...rest, ...length, seed, threads: runtime.threads, provider: runtime.provider };
}

function requireSameData(record: RunRecord, data: RunRecord['data']): void {
  if (record.data?.digest === data?.digest) return;
  throw new MgitError('DATA_CHANGED', 'the data is not the data that the run was made with', {
    hint: 'put the recorded data in its place; its digest is in the details',
    details: { recorded: record.data?.digest, here: data?.digest },
  });
}

async function restoreRecorded(
  repository: Repository,
  {
    commit,
    record,
    folder,
  }: { readonly commit: CommitId; readonly record: RunRecord; readonly folder: string },
  { onEvent, signal }: LongOperation,
): Promise<string> {
  const model = await readModelAt(repository, commit, record.recipe.content.model.path);
  if (model === undefined)
    throw new MgitError('RUN_RECORD_INVALID', `the commit has no model ${record.recipe.content.model.path}`);
  return restoreModel(repository, model, {
    folder,
    ...(onEvent ? { onEvent } : {}),
    ...(signal ? { signal } : {}),
  });
}

function verdictOf(
  tensors: readonly TensorComparison[],
  tolerance: number,
): 'within-tolerance' | 'different' {
  const isNear = ({ relativeL2 }: TensorComparison): boolean =>
    relativeL2 !== undefined && relativeL2 <= tolerance;
  return tensors.every(isNear) ? 'within-tolerance' : 'different';
}

function environmentChanges(
  recorded: RuntimeDescription,
  here: RuntimeDescription,
): RerunResult['environment'] {
  return Object.entries(here)
    .map(([what, value]) => ({
      what,
      recorded: String((recorded as unknown as Record<string, unknown>)[what] ?? 'unknown'),
      here: String(value),
    }))
    .filter(change => change.recorded !== change.here);
}
