import { join } from 'node:path';
import type { LongOperation } from '../../base/events.ts';
import type { ObjectId } from '../../base/ids.ts';
import type { Commit } from '../../store/history/history.ts';
import type { ExportedExtent } from '../../store/maintenance/export-records.ts';
import type { PatchObject } from '../../store/patches/object-section.ts';
import type { LossyKind, PatchChange, PatchHeader, PatchKind } from '../../store/patches/patch-header.ts';
import { patchBytes, patchTooLarge } from '../../store/patches/write-patch.ts';
import { unfinishedFiles } from '../../store/unfinished/unfinished-files.ts';
import { writeContent } from '../content/write-content.ts';
import { subjectOf } from '../history/commit.ts';
import type { Repository } from '../repository.ts';
import { type Approximation, approximate } from './approximate.ts';
import { changesBetween, joinChanges, patchObjects } from './patch-changes.ts';
import { type BaseModels, baseModels, changedModels, newExtents } from './patch-models.ts';
import { type PatchRange, readPatchRange, requireLinear } from './patch-range.ts';
import { type PatchSummary, summarizePatch } from './show.ts';

/** What to make a patch of, and where. */
export interface CreatePatchOptions extends LongOperation {
  /** `<base>..<tip>`, or `<base>` for what HEAD has on top of it. */
  readonly range: string;
  /** Absolute path of the new file. */
  readonly output: string;
  /** One commit with the content of the last one, instead of all of them. */
  readonly squash?: boolean;
  /** Approximate the changes to float tensors; all commits become one. The density is above 0, at most 1, the rank 1 to 1024. */
  readonly lossy?: LossyKind;
}

/**
 * Writes the commits of a range, the files they changed, and the bytes of tensors that the base does not have, into one file. Errors:
 * `PATCH_RANGE_INVALID`, `PATCH_NOT_LINEAR`, `PATCH_TOO_LARGE`, `OUTPUT_NOT_WRITABLE`, those of reading.
 */
export async function createPatch(
  repository: Repository,
  options: CreatePatchOptions,
): Promise<PatchSummary> {
  const range = await readPatchRange(repository, options.range);
  const isOne = options.squash === true || options.lossy !== undefined;
  const line = isOne ? await squashed(repository, range) : range;
  requireLinear(line);
  const base = await baseModels(repository, line.base.tree);
  const { lossy } = options;
  const made =
    lossy === undefined
      ? { range: line, errors: new Map() }
      : await approximate(repository, line, { ...longOf(options), lossy, models: base });
  const kind: PatchKind = lossy ?? { type: 'lossless' };
  await writePatch(repository, await partsOf(repository, { ...made, kind, base }), options);
  return summarizePatch(repository.ports.fs, options.output);
}

async function partsOf(
  repository: Repository,
  { range, errors, kind, base }: Approximation & { readonly kind: PatchKind; readonly base: BaseModels },
): Promise<PatchParts> {
  const commits = await withChanges(repository, range);
  const changes = commits.flatMap(commit => commit.changes);
  const changed = joinChanges(commits.map(commit => commit.changes));
  const models = (await changedModels(repository, changed, base)).map(model => ({
    ...model,
    errors: errors.get(model.path) ?? [],
  }));
  const objects: PatchObject[] = [];
  for await (const object of patchObjects(repository, commits)) objects.push(object);
  const extents = await newExtents(repository, changes, base);
  return { header: { base: range.base.id, kind, commits, models }, objects, extents };
}

function longOf({ onEvent, signal }: LongOperation): LongOperation {
  return { ...(onEvent ? { onEvent } : {}), ...(signal ? { signal } : {}) };
}

async function withChanges(
  repository: Repository,
  { base, commits }: PatchRange,
): Promise<PatchHeader['commits']> {
  const result: { readonly id: Commit['id']; readonly changes: readonly PatchChange[] }[] = [];
  let before: ObjectId = base.tree;
  for (const { id, tree } of commits) {
    result.push({ id, changes: await changesBetween(repository, before, tree) });
    before = tree;
  }
  return result;
}

/** One commit on the base with the tree of the last; a range of one commit stays what it is. */
async function squashed(repository: Repository, { base, commits }: PatchRange): Promise<PatchRange> {
  const last = commits.at(-1) as Commit;
  if (commits.length === 1 && last.parents.length === 1) return { base, commits };
  const subjects = commits.map(({ message }) => `* ${subjectOf(message)}`).join('\n');
  const id = await repository.history.writeCommit({
    tree: last.tree,
    parents: [base.id],
    author: last.author,
    message: `${subjectOf(last.message)}\n\n${subjects}\n`,
  });
  return { base, commits: [await repository.history.readCommit(id)] };
}

interface PatchParts {
  readonly header: PatchHeader;
  readonly objects: readonly PatchObject[];
  readonly extents: readonly ExportedExtent[];
}

async function writePatch(
  repository: Repository,
  { header, objects, extents }: PatchParts,
  options: CreatePatchOptions,
): Promise<void> {
  const { ports, mgitDirectory, store } = repository;
  const needed = extents.flatMap(({ digest, base }) => (base ? [digest, base] : [digest]));
  await store.require(needed, options);
  await unfinishedFiles(ports, join(mgitDirectory, 'tmp')).prepare();
  const directory = await ports.fs.makeTemporaryDirectory(join(mgitDirectory, 'tmp', 'patch-'));
  try {
    const { packs } = await store.maintenance.exportRecords({ directory, extents }, options);
    if (packs.length > 1) throw patchTooLarge();
    const pack = packs[0] === undefined ? undefined : join(directory, `${packs[0]}.pack`);
    await writeContent(repository, options.output, patchBytes(ports.fs, { header, objects, pack }));
  } finally {
    await ports.fs.removeDirectory(directory, { recursive: true });
  }
}
