import { MgitError } from '../base/errors.ts';
import { unfinishedFiles } from '../store/unfinished/unfinished-files.ts';
import { attributesFrom, isModel } from '../store/worktree/attributes.ts';
import { readText } from '../store/worktree/work-tree.ts';
import type { Repository } from './repository.ts';
import { workTreeOf } from './work-tree.ts';

const MODEL_ATTRIBUTES = 'filter=mgit diff=mgit merge=mgit -text';

/** What `track` and `untrack` did, and the globs that are tracked now. */
export interface TrackResult {
  readonly changed: readonly string[];
  readonly tracked: readonly string[];
}

/** Declares files that match the globs as models, in `.gitattributes` at the root. Without globs only lists. */
export async function track(repository: Repository, globs: readonly string[]): Promise<TrackResult> {
  const lines = await readLines(repository);
  const added = globs.filter((glob, index) => !isTracked(lines, glob) && globs.indexOf(glob) === index);
  for (const glob of added) lines.push(`${quoted(glob)} ${MODEL_ATTRIBUTES}`);
  if (added.length > 0) await writeLines(repository, lines);
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
  await writeLines(repository, kept);
  return { changed: globs, tracked: trackedGlobs(kept) };
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
  return line.startsWith(`${quoted(glob)} `) && /\sfilter=mgit(\s|$)/.test(line);
}

function quoted(glob: string): string {
  return /[\s"]/.test(glob) || glob.startsWith('#') ? `"${glob.replace(/["\\]/g, '\\$&')}"` : glob;
}

async function readLines(repository: Repository): Promise<string[]> {
  const text = (await readText(repository.ports, `${repository.workTree}/.gitattributes`)) ?? '';
  return text.split('\n').filter((line, index, all) => line !== '' || index < all.length - 1);
}

async function writeLines(repository: Repository, lines: readonly string[]): Promise<void> {
  const { fs } = repository.ports;
  const path = `${repository.workTree}/.gitattributes`;
  if (lines.length === 0) return fs.removeFile(path);
  const unfinished = unfinishedFiles(repository.ports, `${repository.mgitDirectory}/tmp`);
  const temporary = await unfinished.pathFor(path);
  const file = await fs.open(temporary, 'create');
  try {
    await file.write(Buffer.from(`${lines.join('\n')}\n`), 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await unfinished.finish(temporary, path);
}

/** Files named `*.safetensors` among these paths that no attribute makes a model: candidates for a hint to `track`. */
export async function untrackedModels(repository: Repository, paths: readonly string[]): Promise<string[]> {
  const candidates = paths.filter(path => path.endsWith('.safetensors'));
  if (candidates.length === 0) return [];
  const { root, settings, ports } = await workTreeOf(repository);
  const attributes = attributesFrom({
    read: directory => readText(ports, `${root}/${directory}.gitattributes`),
    below: settings.attributes.user === undefined ? [] : [settings.attributes.user],
    info: settings.attributes.info,
    ignoreCase: settings.ignoreCase,
  });
  const verdicts = await Promise.all(candidates.map(async path => isModel(await attributes.of(path))));
  return candidates.filter((_, index) => !verdicts[index]);
}
