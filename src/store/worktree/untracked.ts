import { isSystemError } from '../../base/errors.ts';
import { type IgnoreRules, ignoreRules } from './ignore-rules.ts';
import { readText, type WorkTree } from './work-tree.ts';

/** How untracked files are listed. */
export interface UntrackedOptions {
  readonly isTracked: (path: string) => boolean;
  /** True for a directory (without trailing slash) that has tracked files below it. */
  readonly holdsTracked: (directory: string) => boolean;
  /** Name a directory that holds only untracked files once, as `directory/`. */
  readonly collapse: boolean;
  /** List what the ignore rules hide, too. */
  readonly includeIgnored?: boolean;
}

/** Paths of the work tree that are neither tracked nor ignored, sorted. A repository inside is named once, as `directory/`, and not at all when it is a submodule. */
export async function listUntracked(workTree: WorkTree, options: UntrackedOptions): Promise<string[]> {
  const { user, info } = workTree.settings.ignore;
  const files = options.includeIgnored ? [] : [user, info].filter(text => text !== undefined);
  const rules = ignoreRules(files, workTree.settings.ignoreCase);
  return (await scan({ workTree, options }, '', rules)).sort(comparePaths);
}

interface Scan {
  readonly workTree: WorkTree;
  readonly options: UntrackedOptions;
}

/** `directory`: `''` or `a/b/`. */
async function scan(state: Scan, directory: string, outer: IgnoreRules): Promise<string[]> {
  const { workTree, options } = state;
  const rules = await enter(state, directory, outer);
  const found: string[] = [];
  for (const entry of await entriesOf(workTree, directory)) {
    const path = `${directory}${entry.name}`;
    const isDirectory = entry.kind === 'directory';
    if (entry.name.toLowerCase() === '.git' || entry.kind === 'other') continue;
    if (!isDirectory && options.isTracked(path)) continue;
    if (rules.ignores(path, isDirectory)) continue;
    if (isDirectory) found.push(...(await scanDirectory(state, path, rules)));
    else found.push(path);
  }
  return found;
}

async function scanDirectory(state: Scan, path: string, rules: IgnoreRules): Promise<string[]> {
  const holdsTracked = state.options.holdsTracked(path);
  const isSubmodule = state.options.isTracked(path);
  if ((isSubmodule || !holdsTracked) && (await isRepository(state.workTree, path)))
    return isSubmodule ? [] : [`${path}/`];
  const found = await scan(state, `${path}/`, rules);
  return state.options.collapse && !holdsTracked && found.length > 0 ? [`${path}/`] : found;
}

async function enter(
  { workTree, options }: Scan,
  directory: string,
  outer: IgnoreRules,
): Promise<IgnoreRules> {
  if (options.includeIgnored) return outer;
  return outer.enter(directory, await readText(workTree.ports, `${workTree.root}/${directory}.gitignore`));
}

async function entriesOf(
  workTree: WorkTree,
  directory: string,
): ReturnType<WorkTree['ports']['fs']['readDirectory']> {
  try {
    return await workTree.ports.fs.readDirectory(`${workTree.root}/${directory}`);
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return []; // Removed since its parent was read.
    throw error;
  }
}

async function isRepository(workTree: WorkTree, path: string): Promise<boolean> {
  try {
    await workTree.ports.fs.lstat(`${workTree.root}/${path}/.git`);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

/** The order of Git's index: by UTF-8 bytes. */
export function comparePaths(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
