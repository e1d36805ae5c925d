import type { ObjectId } from '../../base/ids.ts';
import type { Table } from '../../base/table.ts';
import type { RenameRule } from '../../formats/names/rename-rule.ts';
import { commonSpelling } from '../../formats/names/spellings.ts';
import type { TensorAction } from '../../merge/plan.ts';
import { type FilePlan, planFile } from '../../merge/plan-file.ts';
import type { ComputeDecision, Decide } from '../../merge/rules.ts';
import type { TreeFile } from '../../store/history/history.ts';
import type { Manifest } from '../../store/manifest/manifest.ts';
import { readManifestBlob } from '../history/manifests-at.ts';
import type { Repository } from '../repository.ts';
import type { FileConflict } from './file-conflict.ts';
import { isBinary, mergeText } from './merge-text.ts';

/** A file of a tree without its path. */
export type FileVersion = Pick<TreeFile, 'id' | 'mode'>;

/** All versions of one path: in the merge base and on each side, ours first. */
export interface PathVersions {
  readonly path: string;
  readonly base: FileVersion | undefined;
  readonly sides: readonly (FileVersion | undefined)[];
}

/** What becomes of one path. */
export type PathOutcome =
  | { readonly kind: 'file'; readonly file: TreeFile }
  | { readonly kind: 'removed'; readonly path: string }
  /** A model that several sides changed, its tensors planned without conflict. */
  | { readonly kind: 'model'; readonly path: string; readonly mode: number; readonly plan: FilePlan }
  | {
      readonly kind: 'conflict';
      readonly conflict: FileConflict;
      readonly versions: PathVersions;
      /** A model's whole plan. */
      readonly actions?: Table<TensorAction>;
      /** A text with conflict markers, for the work tree. */
      readonly marked?: FileVersion;
    };

/** How paths are decided, and what the sides are called. */
export interface MergePathsContext {
  readonly decide: Decide;
  /** Ours first. */
  readonly labels: readonly string[];
  /** How the project says that tensors are spelt elsewhere. */
  readonly names?: readonly RenameRule[];
  /** Where the second side's changes are scaled: models that only it changed are planned as well. */
  readonly scaling?: ComputeDecision;
}

/**
 * Merges one path: unchanged, changed on one side (that version), on several (models by their tensors, text by its lines; anything else
 * is a conflict). Renames are not detected.
 */
export async function mergePath(
  repository: Repository,
  versions: PathVersions,
  context: MergePathsContext,
): Promise<PathOutcome> {
  const { path, base, sides } = versions;
  const changed = sides.filter(side => !isSameVersion(side, base));
  const [first] = changed;
  if (changed.length === 0) return outcomeOf(path, base);
  const isSettled = changed.every(side => isSameVersion(side, first));
  if (isSettled && !context.scaling) return outcomeOf(path, first);
  const [origin, ...manifests] = await manifestsOf(repository, [base, ...sides]);
  if (manifests.every(manifest => manifest !== undefined) && (origin || !isSettled))
    return mergeModel(versions, { base: origin, models: manifests }, context);
  if (isSettled) return outcomeOf(path, first);
  const decision = context.decide(path, path);
  const taken = decision.kind === 'take' && decision.byRule ? decision.side : undefined;
  if (taken !== undefined) return outcomeOf(path, taken === 'base' ? base : sides[taken === 'ours' ? 0 : 1]);
  if (sides.includes(undefined)) return conflict(versions, 'modify-delete');
  if (manifests.some(manifest => manifest !== undefined)) return conflict(versions, 'type-differs');
  return mergeContent(repository, versions, context);
}

function isSameVersion(left: FileVersion | undefined, right: FileVersion | undefined): boolean {
  return left?.id === right?.id && left?.mode === right?.mode;
}

function outcomeOf(path: string, version: FileVersion | undefined): PathOutcome {
  return version
    ? { kind: 'file', file: { path, id: version.id, mode: version.mode } }
    : { kind: 'removed', path };
}

function manifestsOf(
  repository: Repository,
  versions: readonly (FileVersion | undefined)[],
): Promise<(Manifest | undefined)[]> {
  return Promise.all(versions.map(version => version && readManifestBlob(repository, version)));
}

function mergeModel(
  versions: PathVersions,
  manifests: { readonly base: Manifest | undefined; readonly models: readonly Manifest[] },
  { decide, names, scaling }: MergePathsContext,
): PathOutcome {
  const { path } = versions;
  const spelling = commonSpelling(names);
  const plan = planFile({
    ...manifests,
    decide: name => decide(name, path),
    spelling,
    ...(scaling ? { scaling } : {}),
  });
  if (plan.conflicts.length > 0)
    return {
      kind: 'conflict',
      versions,
      actions: plan.actions,
      conflict: { kind: 'tensors', path, tensors: plan.conflicts },
    };
  return { kind: 'model', path, plan, mode: modeOf(versions) };
}

async function mergeContent(
  repository: Repository,
  versions: PathVersions,
  { labels }: MergePathsContext,
): Promise<PathOutcome> {
  const { path, base } = versions;
  const sides = versions.sides.filter(side => side !== undefined);
  const all = base ? [base, ...sides] : sides;
  if (all.some(version => (version.mode & 0o170000) !== 0o100000)) return conflict(versions, 'type-differs');
  const blobs = await Promise.all(sides.map(side => repository.history.readBlob(side.id)));
  const origin = base ? await repository.history.readBlob(base.id) : new Uint8Array();
  if ([origin, ...blobs].some(isBinary)) return conflict(versions, 'binary');
  const [ours = origin, ...theirs] = blobs;
  let merged = { bytes: ours, conflicts: 0 };
  for (const [i, bytes] of theirs.entries()) {
    const names = { ours: labels[0] ?? 'ours', theirs: labels[i + 1] ?? 'theirs' };
    const next = mergeText({ base: origin, ours: merged.bytes, theirs: bytes, labels: names });
    merged = { bytes: next.bytes, conflicts: merged.conflicts + next.conflicts };
  }
  const marked = { id: await repository.history.writeBlob(merged.bytes), mode: modeOf(versions) };
  if (merged.conflicts === 0) return outcomeOf(path, marked);
  return {
    kind: 'conflict',
    versions,
    marked,
    conflict: { kind: 'text', path, regions: merged.conflicts, resolutions: ['edit'] },
  };
}

/** The executable bit, three-way. */
function modeOf({ base, sides }: PathVersions): number {
  const modes = sides.flatMap(side => side?.mode ?? []);
  return modes.find(mode => mode !== base?.mode) ?? modes[0] ?? 0o100644;
}

function conflict(versions: PathVersions, reason: 'modify-delete' | 'binary' | 'type-differs'): PathOutcome {
  const resolutions =
    versions.sides.length === 2 ? (['ours', 'theirs', 'base'] as const) : (['ours', 'base'] as const);
  return { kind: 'conflict', versions, conflict: { kind: 'file', path: versions.path, reason, resolutions } };
}

/** The ids of a conflict's versions as index stages: 1 base, 2 ours, 3 theirs (the first of several). */
export function stagesOf({
  base,
  sides,
}: PathVersions): readonly { readonly stage: 1 | 2 | 3; readonly id: ObjectId; readonly mode: number }[] {
  const [ours, theirs] = sides;
  return [
    ...(base ? [{ stage: 1 as const, id: base.id, mode: base.mode }] : []),
    ...(ours ? [{ stage: 2 as const, id: ours.id, mode: ours.mode }] : []),
    ...(theirs ? [{ stage: 3 as const, id: theirs.id, mode: theirs.mode }] : []),
  ];
}
