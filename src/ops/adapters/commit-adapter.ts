import { posix, resolve } from 'node:path';
import { MgitError } from '../../base/errors.ts';
import type { ObjectId } from '../../base/ids.ts';
import { openAdapter } from '../../formats/peft/read-adapter.ts';
import type { TreeFile } from '../../store/history/history.ts';
import type { Manifest } from '../../store/manifest/manifest.ts';
import { refuseProtected } from '../gate/protection.ts';
import type { CommitOptions, CommitResult } from '../history/commit.ts';
import { commitTree } from '../history/commit-tree.ts';
import type { StoredModel } from '../history/stored-model.ts';
import { refuseUnconcluded } from '../in-progress.ts';
import type { Repository } from '../repository.ts';
import { localChanges } from '../worktree/local-changes.ts';
import { readStatus } from '../worktree/status.ts';
import { repositoryPath } from '../worktree/work-tree.ts';
import { type AdaptedModel, adaptModel } from './adapt-model.ts';
import { chooseModel } from './choose-model.ts';

/** What `mgit commit --adapter` commits. */
export interface CommitAdapterOptions
  extends Omit<CommitOptions, 'all' | 'amend' | 'allowEmpty' | 'edit' | 'message'> {
  /** The adapter's folder, relative to `cwd`. */
  readonly adapter: string;
  /** The model's file or, where it is sharded, its index, relative to `cwd`; default: the only model of HEAD. */
  readonly model?: string;
  /** Default: a line that names model and adapter. */
  readonly message: string | undefined;
}

/** The commit, and what the adapter did. */
export interface AdapterCommitResult extends CommitResult {
  readonly model: string;
  /** As `peft_type` says it. */
  readonly adapterType: string;
  /** Tensors that are recorded by their factors, and those that the adapter holds as a whole. */
  readonly computed: number;
  readonly replaced: number;
}

/**
 * Applies a PEFT adapter to the model at HEAD and commits the result, which then is in the work tree. The store takes about what the adapter
 * takes. Either everything is done, or index, files and branch are as before. Errors: `ADAPTER_MISSING`, `ADAPTER_INVALID`, `ADAPTER_UNSUPPORTED`,
 * `ADAPTER_MISMATCH`, `MODEL_MISSING`, `MODEL_AMBIGUOUS`, `COMMIT_REQUIRED`, `LOCAL_CHANGES`, `BRANCH_PROTECTED`, `MERGE_IN_PROGRESS`, those of `commitIndex`.
 */
export async function commitAdapter(
  repository: Repository,
  options: CommitAdapterOptions,
): Promise<AdapterCommitResult> {
  await refuseUnconcluded(repository);
  const head = await repository.history.head();
  if (head.commit === undefined)
    throw new MgitError('COMMIT_REQUIRED', 'there is no commit yet to adapt a model of', {
      hint: 'commit the model first that the adapter was trained on',
    });
  if (head.kind === 'branch') await refuseProtected(repository, head.ref, head.commit);
  const { tree } = await repository.history.readCommit(head.commit);
  const path =
    options.model === undefined ? undefined : repositoryPath(repository, options.cwd, options.model);
  const model = await chooseModel(repository, tree, path);
  await refuseChanges(repository, model, options);
  await using adapter = await openAdapter(repository.ports.fs, resolve(options.cwd, options.adapter));
  const adapted = await storeAdapted(repository, model, { adapter, options });
  const place = {
    head: { ...head, commit: head.commit },
    from: tree,
    to: await treeWith(repository, tree, { model, adapted }),
  };
  const message = options.message ?? `Adapt ${model.path} with ${posix.basename(options.adapter)}`;
  const result = await commitTree(repository, place, { ...options, message });
  const { computed, replaced } = adapted;
  return { ...result, model: model.path, adapterType: adapter.type, computed, replaced };
}

/** The commit takes what is staged, so nothing else may be; and the model must be the one that HEAD has. */
async function refuseChanges(
  repository: Repository,
  model: StoredModel,
  options: CommitAdapterOptions,
): Promise<void> {
  const { staged, unstaged, conflicts } = await readStatus(repository, options);
  const paths = new Set(filePaths(model));
  const changed = [...staged, ...conflicts, ...unstaged.filter(change => paths.has(change.path))];
  if (changed.length > 0)
    throw localChanges(
      [...new Set(changed.map(change => change.path))],
      'commit or restore them first: the adapter is applied to the model at HEAD',
    );
}

function filePaths(model: StoredModel): readonly string[] {
  return [...model.files.keys()].map(name => filePath(model, name));
}

function filePath(model: StoredModel, name: string): string {
  return posix.join(posix.dirname(model.path), name);
}

async function storeAdapted(
  { store }: Repository,
  model: StoredModel,
  {
    adapter,
    options,
  }: { readonly adapter: Awaited<ReturnType<typeof openAdapter>>; readonly options: CommitAdapterOptions },
): Promise<AdaptedModel> {
  const writer = store.writer();
  try {
    const adapted = await adaptModel(model, adapter, { ...options, store, writer });
    await writer.finish();
    return adapted;
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

async function treeWith(
  { history }: Repository,
  tree: ObjectId,
  { model, adapted }: { readonly model: StoredModel; readonly adapted: AdaptedModel },
): Promise<ObjectId> {
  const manifests = new Map<string, Manifest>();
  for (const [name, manifest] of adapted.files) manifests.set(filePath(model, name), manifest);
  const files: TreeFile[] = [];
  for (const file of await history.listTree(tree)) {
    const manifest = manifests.get(file.path);
    files.push(manifest ? { ...file, id: await history.writeBlob(manifest.text) } : file);
  }
  return history.writeTree(files);
}
