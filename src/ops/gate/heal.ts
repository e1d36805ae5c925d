import { basename, join, posix } from 'node:path';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import type { GatePolicy } from '../../eval/gate/policy.ts';
import { openModel } from '../../formats/open-model.ts';
import type { Repository } from '../repository.ts';
import { finetune, gateModelFiles } from './embedded.ts';
import type { TargetPolicy } from './policy.ts';
import { outsideDirectory } from './prepare.ts';
import { gateRecipe } from './recipe.ts';
import { type GateWorkspace, operationOf } from './workspace.ts';

/** What is healed, and how. */
export interface HealRequest {
  readonly policy: TargetPolicy;
  readonly gate: GatePolicy;
  readonly workspace: GateWorkspace;
  readonly operation: LongOperation & { readonly candidate: CommitId };
}

/**
 * Fine-tunes the candidate with the gate's recipe and commits the result as its child, under `refs/mgit/candidates/`. That child is
 * what is gated and may land. Errors: those of training and of the store.
 */
export async function healCandidate(repository: Repository, request: HealRequest): Promise<CommitId> {
  const { policy, gate, workspace, operation } = request;
  const recipe = await gateRecipe(repository.history, policy, gate);
  if (!recipe) throw new Error('a gate that heals without a recipe');
  const model = await workspace.model(operation.candidate);
  const files = await gateModelFiles({ policy, repository }, model);
  const folder = join(workspace.directory, 'healed');
  const outputPath = join(folder, basename(files.path));
  await repository.ports.fs.makeDirectory(folder);
  const [seed = 0] = gate.finetune?.seeds ?? [recipe.seed ?? 0];
  operation.onEvent?.({ type: 'step', message: `${gate.name}: healing the candidate` });
  await finetune(
    {
      repository,
      gate,
      workDirectory: workspace.workDirectory,
      outsideDirectory: outsideDirectory(repository),
      ...operationOf(operation),
    },
    { modelPath: files.path, configPath: files.config, outputPath, recipe, seed },
  );
  const path =
    policy.project.models.find(({ graph }) => graph && 'config' in graph)?.path ?? recipe.model.path;
  return commitHealed(repository, { ...request, path, outputPath, seed });
}

async function commitHealed(
  repository: Repository,
  healed: HealRequest & { readonly path: string; readonly outputPath: string; readonly seed: number },
): Promise<CommitId> {
  const { history } = repository;
  const { candidate } = healed.operation;
  const healedIds = await storeModel(repository, healed);
  const { tree } = await history.readCommit(candidate);
  const files = (await history.listTree(tree)).map(file => ({
    ...file,
    id: healedIds.get(file.path) ?? file.id,
  }));
  const commit = await history.writeCommit({
    tree: await history.writeTree(files),
    parents: [candidate],
    message: `Heal ${healed.path} by gate ${healed.gate.name}\n\nRecipe ${healed.gate.finetune?.recipe} of ${healed.policy.tip}, seed ${healed.seed}.\n\nMgit-Healed-From: ${candidate}\n`,
  });
  await history.updateRefs(
    [{ ref: `refs/mgit/candidates/${commit}`, target: commit }],
    `gate: heal ${candidate}`,
  );
  return commit;
}

/** Stores the healed tensors; the blobs of their manifests by path. The index of shards stays as it is. */
async function storeModel(
  { history, store, ports }: Repository,
  { path, outputPath, operation }: HealRequest & { readonly path: string; readonly outputPath: string },
): Promise<ReadonlyMap<string, ObjectId>> {
  await using model = await openModel(ports.fs, outputPath);
  const ids = new Map<string, ObjectId>();
  for (const { name, source, layout } of model.files) {
    const { manifest } = await store.addFile(source, layout, operationOf(operation));
    ids.set(posix.join(posix.dirname(path), name), await history.writeBlob(manifest.text));
  }
  return ids;
}
