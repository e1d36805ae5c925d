import type { LongOperation } from '../../base/events.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { refuseProtectedCommit } from '../gate/protection.ts';
import { finishMessage } from '../history/commit-message.ts';
import { brokenShards } from '../history/shard-consistency.ts';
import { withRecordTrailer, writeMergeRecord } from '../merge/merge-record.ts';
import { mergeTrees } from '../merge/merge-trees.ts';
import type { MergedPaths } from '../merge/merged-tree.ts';
import { type ModelReport, mergeModels } from '../merge/models.ts';
import { PROJECT_FILE } from '../project/project-file.ts';
import type { Repository } from '../repository.ts';
import type { ReplaySettings } from './replay-settings.ts';
import type { ReplayOperation, ReplayStep } from './replay-step.ts';

/** A step made on files, in the store alone: neither index nor work tree know of it. */
export interface AppliedStep {
  /** What merged; without the paths in conflict. */
  readonly files: readonly TreeFile[];
  readonly models: readonly ModelReport[];
  readonly conflicts: MergedPaths['conflicts'];
}

/** Makes a step's change to files. Errors: `MERGE_NON_FINITE`, `EXTENT_MISSING`, those of the methods. */
export async function applyStep(
  repository: Repository,
  { ours, step, settings }: { ours: readonly TreeFile[]; step: ReplayStep; settings: ReplaySettings },
  long: LongOperation,
): Promise<AppliedStep> {
  const trees = { ours, base: step.base, theirs: step.theirs, labels: ['HEAD', step.label] as const };
  const merged = await mergeTrees(repository, { ...trees, ...settings.paths }, long);
  const { files, reports } = await mergeModels(repository, merged.models, long);
  return { files: [...merged.files, ...files], models: reports, conflicts: merged.conflicts };
}

/** What a step's commit is made of. */
export interface StepContent {
  readonly operation: ReplayOperation;
  readonly step: ReplayStep;
  /** What it continues. */
  readonly tip: CommitId;
  readonly files: readonly TreeFile[];
  readonly models: readonly ModelReport[];
  readonly message: string;
  readonly scale: number;
  readonly settings: ReplaySettings;
}

/**
 * Writes the commit of a step, with a merge record where models were merged; no ref moves. Picked and rebased commits keep their author.
 * Errors: `SHARD_INDEX_MISMATCH`, `PROJECT_FILE_INVALID`, `HOOK_FAILED`, `IDENTITY_UNKNOWN`, `SIGNING_FAILED`.
 */
export async function writeStepCommit(repository: Repository, content: StepContent): Promise<CommitId> {
  const { history } = repository;
  const { step, tip, operation } = content;
  const { tree, message } = await treeAndMessage(repository, content);
  const [broken] = await brokenShards(repository, tree, [tip, step.commit.id]);
  if (broken) throw broken;
  const project = content.files.find(({ path }) => path === PROJECT_FILE);
  await refuseProtectedCommit(repository, { kind: 'detached', commit: tip }, project?.id);
  const author = operation === 'revert' ? {} : { author: step.commit.author };
  return history.writeCommit({ tree, parents: [tip], message, ...author });
}

async function treeAndMessage(
  repository: Repository,
  content: StepContent,
): Promise<{ readonly tree: ObjectId; readonly message: string }> {
  const { history } = repository;
  const { files, models, message } = content;
  if (models.length === 0)
    return { tree: await history.writeTree(files), message: await finished(repository, message) };
  const { file, digest } = await writeRecord(repository, content);
  const tree = await history.writeTree([...files.filter(({ path }) => path !== file.path), file]);
  return { tree, message: await finished(repository, withRecordTrailer(message, digest)) };
}

function writeRecord(repository: Repository, content: StepContent): ReturnType<typeof writeMergeRecord> {
  const { operation, step, tip, models, scale, settings } = content;
  const { commit, parent } = step;
  const base = operation === 'revert' ? commit.id : parent;
  return writeMergeRecord(repository, {
    bases: base === null ? [] : [base],
    parents: [tip],
    revisions: [commit.id],
    settings: settings.merge,
    replay: { operation, commit: commit.id, scale },
    models,
  });
}

/** Old histories hold commits without a message; they keep none. */
async function finished(repository: Repository, message: string): Promise<string> {
  if (message.trim() === '') return message;
  return finishMessage(repository, message, { source: 'commit', verify: false, stripComments: false });
}
