import { posix } from 'node:path';
import { canonicalJson, type JsonValue } from '../../base/canonical-json.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import { isModelCompanion } from '../../eval/gate/companions.ts';
import type { GatePolicy, Protection } from '../../eval/gate/policy.ts';
import type { TrustedKey } from '../../eval/report/keys.ts';
import { sha256 } from '../../eval/report/statement.ts';
import type { History } from '../../store/history/history.ts';
import { isScriptOf } from '../gate-scripts.ts';
import { PROJECT_FILE, type ProjectFile, protectionOf, readProjectFile } from '../project/project-file.ts';
import { keysFolderOf, trustedKeysAt } from './keys.ts';

/** What the target's tip demands of whatever wants to become its next tip. */
export interface TargetPolicy {
  readonly ref: string;
  readonly tip: CommitId;
  readonly tree: ObjectId;
  readonly project: ProjectFile;
  /** The blob of `mgit.yaml`. */
  readonly projectFile: ObjectId;
  readonly protection: Protection;
  /** The gates that the branch requires, in the order of its protection. */
  readonly gates: readonly GatePolicy[];
  readonly keys: readonly TrustedKey[];
}

/** The policy of a branch as it stands at one of its tips; undefined when the branch is not protected there. Errors: `PROJECT_FILE_INVALID`, `GATE_KEY_INVALID`. */
export async function targetPolicy(
  history: History,
  ref: string,
  tip: CommitId,
): Promise<TargetPolicy | undefined> {
  const project = await readProjectFile(history, tip);
  const protection = protectionOf(project, ref);
  if (!protection) return undefined;
  const { tree } = await history.readCommit(tip);
  const file = await history.findInTree(tree, PROJECT_FILE);
  if (!file) return undefined;
  const gates = protection.gates.flatMap(name => project.gates.filter(gate => gate.name === name));
  const keys = await trustedKeysAt(history, tip, protection);
  return { ref, tip, tree, project, projectFile: file.id, protection, gates, keys };
}

/** SHA-256 of the canonical JSON of a gate and the protection that requires it. */
export function policyDigest(policy: TargetPolicy, gate: GatePolicy): string {
  return sha256(canonicalJson({ gate, protection: policy.protection } as unknown as JsonValue));
}

/** What a policy's tree says of the paths that a contribution may not change unasked. */
export interface PolicySurroundings {
  /** Data that recipes train on. */
  readonly recipeData: readonly string[];
  /** All files of the tip. */
  readonly files: ReadonlySet<string>;
}

/** Whether a path is policy, keys, or something that a gate of this policy reads: nothing that a contribution may change unasked. */
export function policyPaths(
  policy: TargetPolicy,
  { recipeData, files }: PolicySurroundings,
): (path: string) => boolean {
  const { project } = policy;
  const configs = project.models.flatMap(({ graph }) =>
    !graph ? [] : 'onnx' in graph ? [graph.onnx] : [graph.config],
  );
  const fromGates = project.gates.flatMap(gate => [
    ...(gate.finetune ? [gate.finetune.recipe] : []),
    ...(gate.eval ? [gate.eval.data] : []),
    ...(gate.data ?? []).map(({ path }) => path),
    ...developmentPaths(gate),
  ]);
  const all = [PROJECT_FILE, keysFolderOf(policy.protection), ...configs, ...fromGates, ...recipeData].map(
    plainPath,
  );
  const commands = project.gates.flatMap(({ command, development }) => [command, development?.command]);
  const scripts = commands.map(command => isScriptOf(command ?? [], files));
  return path =>
    isModelCompanion(path) ||
    all.some(one => path === one || path.startsWith(`${one}/`)) ||
    scripts.some(isScript => isScript(path));
}

function developmentPaths({ development }: GatePolicy): readonly string[] {
  const data = development?.data ?? [];
  return typeof data === 'string' ? [data] : data.map(({ path }) => path);
}

function plainPath(path: string): string {
  return posix.normalize(path).replace(/\/+$/, '');
}
