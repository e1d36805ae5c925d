import type { Manifest, ManifestTensor } from '../store/manifest/manifest.ts';
import { compareUtf8, escapeName } from '../store/manifest/name-text.ts';

/** The versions of one tensor: in the merge base, and in each model in the order of the revisions (ours first). */
export interface AlignedTensor {
  readonly name: string;
  readonly base: ManifestTensor | undefined;
  readonly models: readonly (ManifestTensor | undefined)[];
}

/** A manifest's tensors, read one after the other. */
interface Cursor {
  readonly tensors: readonly ManifestTensor[];
  position: number;
  word: string | undefined;
}

/** Walks manifests side by side, in their common order, holding one tensor of each; an absent file has no tensors. */
export function* alignTensors(
  base: Manifest | undefined,
  models: readonly (Manifest | undefined)[],
): Generator<AlignedTensor> {
  const cursors = [base, ...models].map(manifest => cursorOf(manifest?.tensors ?? []));
  for (let word = smallest(cursors); word !== undefined; word = smallest(cursors)) {
    const [origin, ...others] = cursors.map(cursor => takeNamed(cursor, word as string));
    const name = [origin, ...others].find(tensor => tensor !== undefined)?.name;
    if (name !== undefined) yield { name, base: origin, models: others };
  }
}

function cursorOf(tensors: readonly ManifestTensor[]): Cursor {
  return { tensors, position: 0, word: wordAt(tensors, 0) };
}

function wordAt(tensors: readonly ManifestTensor[], position: number): string | undefined {
  const tensor = tensors[position];
  return tensor === undefined ? undefined : escapeName(tensor.name);
}

function smallest(cursors: readonly Cursor[]): string | undefined {
  let least: string | undefined;
  for (const { word } of cursors)
    if (word !== undefined && (least === undefined || compareUtf8(word, least) < 0)) least = word;
  return least;
}

function takeNamed(cursor: Cursor, word: string): ManifestTensor | undefined {
  if (cursor.word !== word) return undefined;
  const tensor = cursor.tensors[cursor.position];
  cursor.position++;
  cursor.word = wordAt(cursor.tensors, cursor.position);
  return tensor;
}
