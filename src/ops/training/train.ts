import { createHash } from 'node:crypto';
import { dirname, join, posix } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import { modelFileNames } from '../../formats/open-model.ts';
import { isShardIndexPath } from '../../formats/safetensors/shard-index.ts';
import type { Commit } from '../../store/history/history.ts';
import { workTreeAttributes } from '../../store/worktree/attribute-sources.ts';
import { isModel } from '../../store/worktree/attributes.ts';
import { readIndexState } from '../../store/worktree/index-session.ts';
import { parseRecipeWith } from '../../train/recipe/parse-recipe.ts';
import type { Recipe } from '../../train/recipe/recipe.ts';
import { encodeRunRecord, RUN_TRAILER, type RunRecord } from '../../train/run-record.ts';
import { copyModel, modelDigest } from '../../train/weights/copy-model.ts';
import { replaceFile } from '../../train/weights/save-weights.ts';
import { refuseProtected } from '../gate/protection.ts';
import { commitIndex } from '../history/commit.ts';
import { tensorPaths } from '../history/stored-model.ts';
import type { Repository } from '../repository.ts';
import { addPaths } from '../worktree/add.ts';
import { localChanges } from '../worktree/local-changes.ts';
import { restorePaths } from '../worktree/restore.ts';
import { readStatus } from '../worktree/status.ts';
import { repositoryPath, workTreeOf } from '../worktree/work-tree.ts';
import { runRecipeAt } from './run-recipe-at.ts';
import { scratchFolder } from './scratch.ts';

/** What `mgit train` trains. */
export interface TrainCommitOptions extends LongOperation {
  readonly cwd: string;
  /** The recipe's file, relative to `cwd`. */
  readonly recipe: string;
  /** `key=value` settings applied to the recipe. */
  readonly settings?: readonly string[];
  /** Default: a line that names model and recipe. */
  readonly message?: string;
}

/** The commit that a run made. */
export interface TrainCommitResult {
  readonly commit: Commit;
  readonly record: RunRecord;
  readonly recordPath: string;
  readonly model: string;
}

/**
 * Trains from the work tree's model, commits the result and its run record. Either everything is committed, or the files are as before.
 * Errors: `LOCAL_CHANGES`, `COMMIT_REQUIRED`, `BRANCH_PROTECTED`, `RECIPE_INVALID`, `CONFIG_MISSING`, `MODEL_MISSING`,
 * `MODEL_NOT_TRACKED`, those of `trainModel` and of `commitIndex`.
 */
export async function trainAndCommit(
  repository: Repository,
  options: TrainCommitOptions,
): Promise<TrainCommitResult> {
  const { ports } = repository;
  const base = await requireCleanBase(repository, options);
  const { recipe, path, digest } = await readRecipe(repository, options);
  await requireTracked(repository, await tensorPaths(repository, base, recipe.model.path));
  await using scratch = await scratchFolder(repository, 'train');
  const started = ports.clock.now();
  const inputs = { recipe, commit: base, root: repository.workTree, scratch: scratch.path };
  const { run, data } = await runRecipeAt(repository, inputs, options);
  const record: RunRecord = {
    version: 1,
    base,
    recipe: { path, digest, content: recipe },
    ...(data ? { data } : {}),
    seed: run.seed,
    ...(run.steps === undefined ? {} : { steps: run.steps }),
    runtime: run.runtime,
    metrics: run.metrics,
    output: await modelDigest(ports.fs, run.outputPath),
    seconds: (ports.clock.now() - started) / 1000,
  };
  return await commitRun(repository, { record, outputPath: run.outputPath }, options); // The folder goes on return.
}

async function requireCleanBase(repository: Repository, options: TrainCommitOptions): Promise<CommitId> {
  const { head, staged, unstaged, conflicts } = await readStatus(repository, options);
  if (head.commit === undefined)
    throw new MgitError('COMMIT_REQUIRED', 'there is no commit yet to train from', {
      hint: 'commit the config and the recipe first',
    });
  if (head.kind === 'branch') await refuseProtected(repository, head.ref, head.commit);
  const paths = [...staged, ...unstaged, ...conflicts].map(({ path }) => path);
  if (paths.length > 0)
    throw localChanges(
      [...new Set(paths)],
      'commit or restore them first: a run record names the commit it began with',
    );
  return head.commit;
}

async function readRecipe(
  repository: Repository,
  options: TrainCommitOptions,
): Promise<{ readonly recipe: Recipe; readonly path: string; readonly digest: string }> {
  const path = repositoryPath(repository, options.cwd, options.recipe);
  const bytes = await repository.ports.fs
    .readFile(join(repository.workTree, path))
    .catch((cause: unknown) => {
      if (!isSystemError(cause, 'ENOENT', 'EISDIR')) throw cause;
      throw new MgitError('RECIPE_MISSING', `there is no recipe at ${options.recipe}`, { cause });
    });
  const recipe = parseRecipeWith(new TextDecoder().decode(bytes), options.recipe, options.settings ?? []);
  return { recipe, path, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
}

/** The result goes into the store, not into a Git blob: checked before the work, not after it. */
async function requireTracked(repository: Repository, paths: readonly string[]): Promise<void> {
  const workTree = await workTreeOf(repository);
  const index = await readIndexState(workTree);
  const attributes = workTreeAttributes(workTree, file => index.tracked.get(file)?.id);
  for (const path of paths) {
    if (isShardIndexPath(path) || isModel(await attributes.of(path))) continue;
    throw new MgitError('MODEL_NOT_TRACKED', `${path} is not tracked as a model`, {
      hint: `run "mgit track ${path}" and commit .gitattributes`,
    });
  }
}

interface FinishedRun {
  readonly record: RunRecord;
  readonly outputPath: string;
}

async function commitRun(
  repository: Repository,
  { record, outputPath }: FinishedRun,
  options: TrainCommitOptions,
): Promise<TrainCommitResult> {
  const { ports, workTree } = repository;
  const { text, digest, path: recordPath } = encodeRunRecord(record);
  const model = record.recipe.content.model.path;
  const folder = posix.dirname(model);
  const written = (await modelFileNames(ports.fs, outputPath)).map(name => posix.join(folder, name));
  const stale = (await tensorPaths(repository, record.base, model)).filter(path => !written.includes(path));
  const paths = [...written, ...stale, recordPath];
  await requireTracked(repository, written);
  try {
    await copyModel(ports.fs, outputPath, join(workTree, folder));
    for (const path of stale) await ports.fs.removeFile(join(workTree, path));
    await ports.fs.makeDirectory(dirname(join(workTree, recordPath)));
    await replaceFile(ports.fs, join(workTree, recordPath), file => file.write(Buffer.from(text), 0));
    await addPaths(repository, { ...options, cwd: workTree, paths, force: true });
    const message = `${messageOf(record, options)}\n\n${RUN_TRAILER}: ${digest}\n`;
    const { commit } = await commitIndex(repository, { ...options, message, files: 'moved' });
    return { commit, record, recordPath, model };
  } catch (error) {
    await putBack(repository, paths, record.base);
    throw error;
  }
}

/** Brings index and files back to the base commit; files that it does not have are removed. */
async function putBack(repository: Repository, paths: readonly string[], base: CommitId): Promise<void> {
  const { ports, workTree } = repository;
  for (const path of paths) {
    const restore = { cwd: workTree, paths: [path], source: base, staged: true, workTree: true };
    await restorePaths(repository, restore).catch(async (error: unknown) => {
      if (!(error instanceof MgitError) || error.code !== 'PATHSPEC_UNMATCHED') throw error;
      await ports.fs.removeFile(join(workTree, path)).catch(() => {}); // Written or not: nothing refers to it.
    });
  }
}

function messageOf(record: RunRecord, { message }: TrainCommitOptions): string {
  const { recipe, steps, metrics } = record;
  const loss = (name: string): string | undefined => metrics[name]?.toPrecision(4);
  const [first, last] = [loss('initial_loss'), loss('loss')];
  const progress = first && last ? `, loss ${first} to ${last}` : '';
  const body = steps === undefined ? '' : `\n\n${steps} steps${progress}.`;
  return message ?? `Train ${recipe.content.model.path} with ${recipe.path}${body}`;
}
