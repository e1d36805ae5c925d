import { MgitError } from '../../base/errors.ts';
import { unfinishedFiles } from '../../store/unfinished/unfinished-files.ts';
import { workTreeAttributes } from '../../store/worktree/attribute-sources.ts';
import { isModel } from '../../store/worktree/attributes.ts';
import { quotePattern } from '../../store/worktree/attributes-file.ts';
import type { IndexEntry } from '../../store/worktree/index-file.ts';
import { editIndex, readIndexState } from '../../store/worktree/index-session.ts';
import { UNKNOWN_STAT } from '../../store/worktree/index-stat.ts';
import { readText, type WorkTree } from '../../store/worktree/work-tree.ts';
import type { Repository } from '../repository.ts';
import { workTreeOf } from './work-tree.ts';

/** What makes a file a model. */
export const MODEL_ATTRIBUTES = 'filter=mgit diff=mgit merge=mgit -text';

/** What `track` and `untrack` did, and the globs that are tracked now. */
export interface TrackResult {
  readonly changed: readonly string[];
  readonly tracked: readonly string[];
}

/** Declares files that match the globs as models, in `.gitattributes` at the root. Without globs only lists. */
export async function track(repository: Repository, globs: readonly string[]): Promise<TrackResult> {
  const lines = await readLines(repository);
  const added = globs.filter((glob, index) => !isTracked(lines, glob) && globs.indexOf(glob) === index);
  for (const glob of added) lines.push(`${quotePattern(glob)} ${MODEL_ATTRIBUTES}`);
  if (added.length > 0) await recheckAfter(repository, () => writeLines(repository, lines));
  return { changed: added, tracked: trackedGlobs(lines) };
}

/** Takes the lines of `track` out again; the files are versioned as plain files from the next `add` on. Errors: `GLOB_NOT_TRACKED`. */
export async function untrack(repository: Repository, globs: readonly string[]): Promise<TrackResult> {
  const lines = await readLines(repository);
  const missing = globs.find(glob => !isTracked(lines, glob));
  if (missing !== undefined)
    throw new MgitError('GLOB_NOT_TRACKED', `${missing} is not tracked as a model`, {
      hint: 'see "mgit track" for the globs that are',
    });
  const kept = lines.filter(line => !globs.some(glob => isModelLine(line, glob)));
  await recheckAfter(repository, () => writeLines(repository, kept));
  return { changed: globs, tracked: trackedGlobs(kept) };
}

/**
 * Files that became models, or ceased to be, have the same metadata as before: the index must forget it, or `status` and `add` would take
 * them for unchanged.
 */
async function recheckAfter(repository: Repository, write: () => Promise<void>): Promise<void> {
  const workTree = await workTreeOf(repository);
  const before = await modelEntries(workTree);
  await write();
  const after = await modelEntries(workTree);
  const changed = [...after.keys(), ...before.keys()].filter(path => before.has(path) !== after.has(path));
  const set = changed.flatMap(path => after.get(path) ?? before.get(path) ?? []);
  await editIndex(workTree, { set: set.map(entry => ({ ...entry, ...UNKNOWN_STAT })), remove: [] });
}

async function modelEntries(workTree: WorkTree): Promise<ReadonlyMap<string, IndexEntry>> {
  const index = await readIndexState(workTree);
  const attributes = workTreeAttributes(workTree, path => index.tracked.get(path)?.id);
  const found = new Map<string, IndexEntry>();
  for (const entry of index.tracked.values())
    if (isModel(await attributes.of(entry.path))) found.set(entry.path, entry);
  return found;
}

function trackedGlobs(lines: readonly string[]): string[] {
  return lines
    .filter(line => /\sfilter=mgit(\s|$)/.test(line) && !line.startsWith('#'))
    .map(line => /^("(?:[^"\\]|\\.)*"|\S+)/.exec(line)?.[1] ?? '')
    .map(glob => (glob.startsWith('"') ? glob.slice(1, -1).replace(/\\(.)/g, '$1') : glob));
}

function isTracked(lines: readonly string[], glob: string): boolean {
  return lines.some(line => isModelLine(line, glob));
}

function isModelLine(line: string, glob: string): boolean {
  return line.startsWith(`${quotePattern(glob)} `) && /\sfilter=mgit(\s|$)/.test(line);
}

async function readLines(repository: Repository): Promise<string[]> {
  const text = (await readText(repository.ports, `${repository.workTree}/.gitattributes`)) ?? '';
  return text.split('\n').filter((line, index, all) => line !== '' || index < all.length - 1);
}

async function writeLines(repository: Repository, lines: readonly string[]): Promise<void> {
  const { fs } = repository.ports;
  const path = `${repository.workTree}/.gitattributes`;
  if (lines.length === 0 && !(await isStaged(repository))) return fs.removeFile(path);
  const unfinished = unfinishedFiles(repository.ports, `${repository.mgitDirectory}/tmp`);
  await unfinished.write(path, Buffer.from(lines.map(line => `${line}\n`).join('')));
  await fs.syncDirectory(repository.workTree);
}

/** Then the file must stay, empty: where it is missing, Git goes by the one in the index. */
async function isStaged(repository: Repository): Promise<boolean> {
  const { tracked } = await readIndexState(await workTreeOf(repository));
  return tracked.has('.gitattributes');
}

/** Files named `*.safetensors` among these paths that no attribute makes a model: candidates for a hint to `track`. */
export async function untrackedModels(repository: Repository, paths: readonly string[]): Promise<string[]> {
  const candidates = paths.filter(path => path.endsWith('.safetensors'));
  if (candidates.length === 0) return [];
  const attributes = workTreeAttributes(await workTreeOf(repository), () => undefined);
  const verdicts = await Promise.all(candidates.map(async path => isModel(await attributes.of(path))));
  return candidates.filter((_, index) => !verdicts[index]);
}
