import { parseDocument } from 'yaml';
import { MgitError } from '../../base/errors.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import type { GatePolicy } from '../../eval/gate/policy.ts';
import type { BoundData, ReportBindings } from '../../eval/report/bindings.ts';
import { sha256 } from '../../eval/report/statement.ts';
import type { History } from '../../store/history/history.ts';
import { looksLikeManifest } from '../../store/manifest/read-lines.ts';
import { type GateData, gateDataAt, isRegularFile } from './data.ts';
import { gateLineage } from './lineage.ts';
import { policyDigest, policyPaths, type TargetPolicy } from './policy.ts';

/** What a report shall be bound to. */
export interface BindingRequest {
  readonly policy: TargetPolicy;
  readonly gate: GatePolicy;
  readonly candidate: CommitId;
  readonly healedFrom: CommitId | null;
}

/**
 * Everything that a report on this candidate must say besides its numbers, from the repository alone: the run writes it, the verifier
 * compares it. Errors: `GATE_CANDIDATE_STALE`, `GATE_RECIPE_MISSING`, `GATE_DATA_UNPINNED`.
 */
export async function reportBindings(history: History, request: BindingRequest): Promise<ReportBindings> {
  const { policy, gate, candidate, healedFrom } = request;
  const lineage = await gateLineage(history, candidate, { tip: policy.tip, healedFrom });
  const { tree } = await history.readCommit(candidate);
  const changes = await policyChanges(history, policy, tree);
  return {
    gate: gate.name,
    candidate: { commit: candidate, tree, models: await modelsOf(history, tree) },
    target: { ref: policy.ref, tip: policy.tip },
    base: lineage.base,
    parents: lineage.parents,
    healedFrom,
    policy: { digest: policyDigest(policy, gate), projectFile: policy.projectFile },
    policyChange: changes.length > 0,
    policyChanges: changes,
    recipes: await recipesOf(history, policy, gate),
    data: (await dataOf(history, policy, gate)).map(pinned),
    seeds: gate.finetune?.seeds ?? gate.seeds ?? [],
  };
}

/** The data that a gate of this policy reads. */
export async function dataOf(
  history: History,
  policy: TargetPolicy,
  gate: GatePolicy,
): Promise<readonly GateData[]> {
  const trainingData = gate.finetune ? await recipeData(history, policy.tree, gate.finetune.recipe) : [];
  return gateDataAt(history, policy.tree, { gate, trainingData });
}

function pinned({ path, use, source, digest }: GateData): BoundData {
  if (digest !== undefined) return { path, use, source, digest };
  throw new MgitError('GATE_DATA_UNPINNED', `${path} is not in the target's tree, and no digest pins it`, {
    hint: `pin it in mgit.yaml on the target branch; "mgit data digest ${path}" prints the digest`,
  });
}

/** The files by which a tree differs from the tip in what only the policy's keepers may change, sorted. */
export async function policyChanges(
  history: History,
  policy: TargetPolicy,
  tree: ObjectId,
): Promise<readonly string[]> {
  const recipes = policy.project.gates.flatMap(gate => (gate.finetune ? [gate.finetune.recipe] : []));
  const trainingData = await Promise.all(recipes.map(recipe => recipeData(history, policy.tree, recipe)));
  const idsOf = async (root: ObjectId): Promise<ReadonlyMap<string, string>> =>
    new Map((await history.listTree(root)).map(({ path, mode, id }) => [path, `${mode} ${id}`]));
  const [before, after] = await Promise.all([idsOf(policy.tree), idsOf(tree)]);
  const files = new Set(before.keys());
  const isPolicy = policyPaths(policy, { recipeData: trainingData.flat(), files });
  const paths = new Set([...before.keys(), ...after.keys()]);
  return [...paths].filter(path => before.get(path) !== after.get(path) && isPolicy(path)).sort();
}

async function modelsOf(
  history: History,
  tree: ObjectId,
): Promise<readonly { readonly path: string; readonly digest: string }[]> {
  const files = (await history.listTree(tree)).filter(isRegularFile);
  const models: { path: string; digest: string }[] = [];
  let index = 0;
  for await (const blob of history.readBlobs(files.map(({ id }) => id))) {
    const path = files[index++]?.path;
    if (path !== undefined && looksLikeManifest(blob)) models.push({ path, digest: sha256(blob) });
  }
  return models;
}

async function recipesOf(
  history: History,
  policy: TargetPolicy,
  gate: GatePolicy,
): Promise<readonly BoundData[]> {
  if (!gate.finetune) return [];
  const text = await recipeText(history, policy.tree, gate.finetune.recipe);
  if (text === undefined)
    throw new MgitError('GATE_RECIPE_MISSING', `the target's tip has no recipe ${gate.finetune.recipe}`, {
      hint: 'commit the recipe on the target branch',
    });
  return [{ path: gate.finetune.recipe, use: 'recipe', source: 'tree', digest: sha256(text) }];
}

/** The paths of the data that a recipe trains on. A recipe that cannot be read names none: training will say why. */
async function recipeData(history: History, tree: ObjectId, path: string): Promise<readonly string[]> {
  const text = await recipeText(history, tree, path);
  if (text === undefined) return [];
  const recipe = parseDocument(text, { logLevel: 'silent' }).toJS() as { data?: unknown } | null;
  const data = recipe?.data as { path?: unknown } | string | undefined;
  const named = typeof data === 'string' ? data : data?.path;
  return typeof named === 'string' ? [named] : [];
}

async function recipeText(history: History, tree: ObjectId, path: string): Promise<string | undefined> {
  const file = await history.findInTree(tree, path);
  return file ? new TextDecoder().decode(await history.readBlob(file.id)) : undefined;
}
