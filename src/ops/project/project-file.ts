import type { CommitId } from '../../base/ids.ts';
import type { GatePolicy, Protection } from '../../eval/gate/policy.ts';
import type { RenameRule } from '../../formats/names/rename-rule.ts';
import type { MergeSettings } from '../../merge/merge-settings.ts';
import type { History } from '../../store/history/history.ts';
import { parseProjectText } from './text.ts';

/** Where `mgit.yaml` stands in a tree. */
export const PROJECT_FILE = 'mgit.yaml';

/** How a model's tensors compute: an architecture and its config file, or an ONNX graph. Paths are in the tree. */
export type ModelGraph =
  | { readonly architecture: string; readonly config: string }
  | { readonly onnx: string };

/** A model that the project trains, evaluates or merges with rules. */
export interface ProjectModel {
  readonly path: string;
  readonly graph?: ModelGraph;
}

/** How jobs reach a machine; the runner's type decides what else it needs. */
export interface RunnerSettings {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** `mgit.yaml`, its names as they are written there. Absent sections are empty. */
export interface ProjectFile {
  readonly version: 1;
  readonly models: readonly ProjectModel[];
  /** How tensors are spelt elsewhere, before the spellings that mgit knows. */
  readonly names: readonly RenameRule[];
  readonly merge: MergeSettings;
  readonly gates: readonly GatePolicy[];
  /** By branch name without `refs/heads/`. */
  readonly protect: Readonly<Record<string, Protection>>;
  readonly runners: Readonly<Record<string, RunnerSettings>>;
  readonly publish: Readonly<Record<string, unknown>>;
}

/** The project of a repository without `mgit.yaml`. */
export const EMPTY_PROJECT: ProjectFile = {
  version: 1,
  models: [],
  names: [],
  merge: {},
  gates: [],
  protect: {},
  runners: {},
  publish: {},
};

/**
 * Reads the text of a project file against `schema/mgit.schema.json`; `path` is what errors call it.
 * Errors: `PROJECT_FILE_INVALID` with line, column and the offending line.
 */
export function parseProjectFile(text: string, path = PROJECT_FILE): ProjectFile {
  return { ...EMPTY_PROJECT, ...(parseProjectText(text, path) as Partial<ProjectFile>) };
}

/** The project file of a commit; empty where the commit has none. Errors: `PROJECT_FILE_INVALID`. */
export async function readProjectFile(history: History, commit: CommitId): Promise<ProjectFile> {
  const { tree } = await history.readCommit(commit);
  const file = await history.findInTree(tree, PROJECT_FILE);
  if (!file) return EMPTY_PROJECT;
  const bytes = await history.readBlob(file.id);
  return parseProjectFile(
    new TextDecoder().decode(bytes),
    `${PROJECT_FILE} at ${await history.abbreviate(commit)}`,
  );
}

/** The protection of a branch (`main` or `refs/heads/main`), if it has one. */
export function protectionOf(project: ProjectFile, branch: string): Protection | undefined {
  const name = branch.replace(/^refs\/heads\//, '');
  return Object.hasOwn(project.protect, name) ? project.protect[name] : undefined;
}
