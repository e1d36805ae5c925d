/**
 * The public API of mgit. Every operation works on an open {@link Repository}; close it when done (`await using`).
 * Expected failures are {@link MgitError}s with a stable code; long operations take `onEvent` and `signal`.
 */
export { MgitError } from './base/errors.ts';
export type { LongOperation, MgitEvent, OnEvent } from './base/events.ts';
export type { CommitId, Digest, ObjectId, PackId } from './base/ids.ts';
export type { Ports } from './base/ports/ports.ts';
export { nodePorts } from './cli/context.ts';
export type { ByteSource, CheckpointFormat, CheckpointLayout, TensorView } from './formats/checkpoint.ts';
export { detectFormat } from './formats/registry.ts';
export { type CommitAdapterOptions, commitAdapter } from './ops/adapters/commit-adapter.ts';
export {
  type ExtractAdapterOptions,
  type ExtractedAdapter,
  extractAdapter,
} from './ops/adapters/extract-adapter.ts';
export {
  type MergeAdaptersOptions,
  type MergedAdapters,
  mergeAdapters,
} from './ops/adapters/merge-adapters.ts';
export type { ByteRange } from './ops/content/extent-bytes.ts';
export {
  openModel,
  type ReadOptions,
  type StoredModel,
  type StoredTensor,
} from './ops/content/stored-model.ts';
export { type ConvertedFile, type ExportRequest, exportModel } from './ops/convert/export.ts';
export { type ImportedFile, type ImportRequest, importModel } from './ops/convert/import.ts';
export { type DiffRequest, diffFiles } from './ops/diff/diff.ts';
export type { GateRun, RunGatesOptions } from './ops/gate/gate-run.ts';
export { runGates } from './ops/gate/run-gates.ts';
export { verifyCandidate, verifyRange } from './ops/gate/verify.ts';
export { type BlamedTensor, blameFile } from './ops/history/blame.ts';
export type { BlameRequest } from './ops/history/blame-start.ts';
export { type CommitOptions, commitIndex } from './ops/history/commit.ts';
export { readLog } from './ops/history/log.ts';
export { listModels, type ModelFile, readManifestAt } from './ops/history/manifests-at.ts';
export { undoLast } from './ops/history/undo.ts';
export { type MergeOptions, type MergeOutcome, mergeRevisions } from './ops/merge/merge.ts';
export { type AlignedModel, type AlignOptions, alignModel } from './ops/merge-folder/align.ts';
export {
  type FolderMergeOutcome,
  type MergeToFolderRequest,
  mergeToFolder,
} from './ops/merge-folder/merge-folder.ts';
export { assembleShards, mergeShard, type ShardOutcome } from './ops/merge-folder/merge-shards.ts';
export { type FolderMergePreview, previewFolderMerge } from './ops/merge-folder/preview.ts';
export {
  type Transplanted,
  type TransplantOptions,
  transplantTokenizer,
} from './ops/merge-folder/transplant.ts';
export { applyPatch, type PatchApplied } from './ops/patch/apply.ts';
export { type CreatePatchOptions, createPatch } from './ops/patch/create.ts';
export { type PatchSummary, summarizePatch } from './ops/patch/show.ts';
export { type PublishOutcome, type PublishRequest, publish } from './ops/publish/publish.ts';
export { type ContinueOptions, continueReplay, skipReplay } from './ops/replay/continue-sequence.ts';
export { abortReplay } from './ops/replay/end-sequence.ts';
export { type PickOptions, pickCommits } from './ops/replay/pick.ts';
export { type RebaseOptions, rebaseBranch } from './ops/replay/rebase.ts';
export type { ReplayOutcome } from './ops/replay/run-sequence.ts';
export {
  initRepository,
  type OpenRepositoryOptions,
  openRepository,
  type Repository,
} from './ops/repository.ts';
export {
  type MergeSearchOptions,
  type MergeSearchResult,
  mergeSearch,
} from './ops/search/merge-search.ts';
export { applyStash, type StashApplied, type StashApplyOptions } from './ops/stash/apply.ts';
export { pushStash, type StashPushOptions } from './ops/stash/push.ts';
export { findStash, listStashes, type StashEntry } from './ops/stash/stash-entry.ts';
export { evaluateRevisions } from './ops/training/evaluate.ts';
export { rerunCommit } from './ops/training/rerun.ts';
export { trainAndCommit } from './ops/training/train.ts';
export { type CloneOptions, cloneRepository } from './ops/transfer/clone.ts';
export { fetchRemote } from './ops/transfer/fetch.ts';
export { pushRemote } from './ops/transfer/push.ts';
export { type AddOptions, addPaths } from './ops/worktree/add.ts';
export { type RestoreOptions, restorePaths } from './ops/worktree/restore.ts';
export { readStatus, type Status } from './ops/worktree/status.ts';
export { type SwitchOptions, switchTo } from './ops/worktree/switch.ts';
export { track, untrack } from './ops/worktree/track.ts';
export type { Manifest, ManifestTensor } from './store/manifest/manifest.ts';
export type { TensorStore } from './store/tensor-store.ts';
export type { Dtype } from './tensor/dtype.ts';
