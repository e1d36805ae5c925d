import { join } from 'node:path';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import type { GatePolicy } from '../../eval/gate/policy.ts';
import { openByteSource } from '../../formats/byte-source.ts';
import { detectFormat } from '../../formats/registry.ts';
import { manifestText } from '../../store/manifest/write-manifest.ts';
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
  const outputPath = join(workspace.directory, 'healed.safetensors');
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
  const { history, store, ports } = repository;
  const { candidate } = healed.operation;
  await using source = await openByteSource(ports.fs, healed.outputPath);
  const layout = await (await detectFormat(source)).parse(source);
  const { manifest } = await store.addFile(source, layout, operationOf(healed.operation));
  const { tree } = await history.readCommit(candidate);
  const id = await history.writeBlob(manifestText(manifest));
  const files = (await history.listTree(tree)).map(file =>
    file.path === healed.path ? { ...file, id } : file,
  );
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
