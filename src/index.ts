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
export { type AddOptions, addPaths } from './ops/add.ts';
export { type CloneOptions, cloneRepository } from './ops/clone.ts';
export { type CommitOptions, commitIndex } from './ops/commit.ts';
export { type DiffRequest, diffFiles } from './ops/diff.ts';
export { evaluateRevisions } from './ops/evaluate.ts';
export { fetchRemote } from './ops/fetch.ts';
export { runGates } from './ops/gate.ts';
export type { GateRun, RunGatesOptions } from './ops/gate-run.ts';
export { verifyCandidate, verifyRange } from './ops/gate-verify.ts';
export { readLog } from './ops/log.ts';
export { listModels, type ModelFile, readManifestAt } from './ops/manifests-at.ts';
export { type MergeOptions, type MergeOutcome, mergeRevisions } from './ops/merge.ts';
export { type PublishOutcome, type PublishRequest, publish } from './ops/publish.ts';
export { pushRemote } from './ops/push.ts';
export { initRepository, openRepository, type Repository } from './ops/repository.ts';
export { rerunCommit } from './ops/rerun.ts';
export { type RestoreOptions, restorePaths } from './ops/restore.ts';
export { readStatus, type Status } from './ops/status.ts';
export { type SwitchOptions, switchTo } from './ops/switch.ts';
export { track, untrack } from './ops/track.ts';
export { trainAndCommit } from './ops/train.ts';
export { undoLast } from './ops/undo.ts';
export type { Manifest, ManifestTensor } from './store/manifest/manifest.ts';
export type { TensorStore } from './store/tensor-store.ts';
export type { Dtype } from './tensor/dtype.ts';
