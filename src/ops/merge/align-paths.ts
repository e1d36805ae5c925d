import type { TreeFile } from '../../store/history/history.ts';
import { convertedPaths } from '../history/converted-paths.ts';
import { readManifestText } from '../history/manifests-at.ts';
import type { Repository } from '../repository.ts';
import type { PathVersions } from './merge-paths.ts';

type Files = ReadonlyMap<string, TreeFile>;

/**
 * All paths of several trees with their versions, sorted as Git sorts. A model that one side has in another format, under another ending, and that another side changed, is one path: that of
 * ours, the first side.
 */
export async function alignPaths(
  repository: Pick<Repository, 'history'>,
  base: readonly TreeFile[],
  sides: readonly (readonly TreeFile[])[],
): Promise<readonly PathVersions[]> {
  const origin = byPath(base);
  const trees = sides.map(byPath);
  const isModel = async (file: TreeFile): Promise<boolean> =>
    (await readManifestText(repository, file)) !== undefined;
  const conversions = await Promise.all(trees.map(tree => convertedPaths(origin, tree, isModel)));
  const [files, ...others] = withConversions([origin, ...trees], conversions) as [Files, ...Files[]];
  const paths = new Set([...files.keys(), ...others.flatMap(tree => [...tree.keys()])]);
  return [...paths].sort().map(path => ({
    path,
    base: files.get(path),
    sides: others.map(tree => tree.get(path)),
  }));
}

function byPath(files: readonly TreeFile[]): Files {
  return new Map(files.map(file => [file.path, file]));
}

/** Puts the versions of each converted model under one path, where more than the sides that converted it changed it. */
function withConversions(
  [base, ...sides]: readonly Files[],
  conversions: readonly ReadonlyMap<string, string>[],
): readonly Files[] {
  const moved = [base as Files, ...sides].map(files => new Map(files));
  for (const from of new Set(conversions.flatMap(found => [...found.keys()]))) {
    const places = [from, ...conversions.map(found => found.get(from) ?? from)];
    const isSame = sides.map(
      (files, side) => places[side + 1] === from && files.get(from)?.id === base?.get(from)?.id,
    );
    if (sides.length - isSame.filter(Boolean).length < 2) continue;
    const to = places[1] as string;
    for (const [index, files] of moved.entries()) move(files, places[index] as string, to);
  }
  return moved;
}

function move(files: Map<string, TreeFile>, from: string, to: string): void {
  const file = files.get(from);
  if (file === undefined || from === to) return;
  files.delete(from);
  files.set(to, { ...file, path: to });
}
