import { createHash } from 'node:crypto';
import { join, posix, resolve } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { ObjectId } from '../../base/ids.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import type { GatePolicy } from '../../eval/gate/policy.ts';
import { sha256 } from '../../eval/report/statement.ts';
import type { History, TreeFile } from '../../store/history/history.ts';
import { looksLikeManifest } from '../../store/manifest/read-lines.ts';

/** Data that a gate reads. `digest` is that of the tip's tree, or the one that pins it; undefined where nothing pins it. */
export interface GateData {
  readonly path: string;
  readonly use: 'eval' | 'train' | 'command';
  readonly source: 'tree' | 'outside';
  readonly digest: string | undefined;
}

const CHUNK = 1 << 20;

/** The data of a gate as the target's tip sees it: `trainingData` are the paths that its recipe reads. */
export async function gateDataAt(
  history: History,
  tree: ObjectId,
  options: { readonly gate: GatePolicy; readonly trainingData: readonly string[] },
): Promise<readonly GateData[]> {
  const { gate, trainingData } = options;
  const pins: { readonly path: string; readonly use: GateData['use']; readonly pin: string | undefined }[] = [
    ...(gate.eval ? [{ path: gate.eval.data, use: 'eval' as const, pin: gate.eval.digest }] : []),
    ...trainingData.map(path => ({ path, use: 'train' as const, pin: gate.finetune?.digest })),
    ...(gate.data ?? []).map(({ path, digest }) => ({ path, use: 'command' as const, pin: digest })),
  ];
  return Promise.all(
    pins.map(async ({ path, use, pin }): Promise<GateData> => {
      const digest = await treeDigest(history, tree, path);
      if (digest !== undefined) return { path, use, source: 'tree', digest };
      return { path, use, source: 'outside', digest: pin?.replace(/^sha256:/, '') };
    }),
  );
}

/**
 * The digest of a file or folder of a tree; undefined when the tree has nothing there. Only what a gate checks out counts: symbolic links
 * would lead to data that nothing binds, and models are no data.
 */
export async function treeDigest(
  history: History,
  tree: ObjectId,
  path: string,
): Promise<string | undefined> {
  const place = treePath(path);
  if (place === undefined) return undefined;
  const files = (await history.listTree(tree, place)).filter(isRegularFile);
  const digests: (readonly [path: string, digest: string])[] = [];
  let index = 0;
  for await (const blob of history.readBlobs(files.map(({ id }) => id))) {
    const path = files[index++]?.path ?? '';
    if (!looksLikeManifest(blob)) digests.push([path.slice(place.length + 1), sha256(blob)]);
  }
  const [only] = digests;
  if (only?.[0] === '') return only[1];
  return only && listingDigest(digests);
}

/** Neither a symbolic link nor a submodule. */
export function isRegularFile({ mode }: TreeFile): boolean {
  return (mode & 0o170000) === 0o100000;
}

/** A path within the tree, normalised; undefined when it leads out of it. */
export function treePath(path: string): string | undefined {
  const normal = posix.normalize(path).replace(/\/$/, '');
  return normal === '.' || normal.startsWith('../') || normal === '..' || posix.isAbsolute(normal)
    ? undefined
    : normal;
}

/**
 * The digest of a file or folder on disk, defined as for trees. Hidden files do not count. Errors: `GATE_DATA_MISSING`.
 */
export async function diskDigest(fs: FileSystem, path: string): Promise<string> {
  const entries = await fileDigests(fs, path);
  const [only] = entries;
  return only?.[0] === '' ? only[1] : listingDigest(entries);
}

/** The digest of each file of a folder on disk, or of a single file, which has no name then. Errors: `GATE_DATA_MISSING`. */
export async function fileDigests(
  fs: FileSystem,
  path: string,
): Promise<readonly (readonly [name: string, digest: string])[]> {
  if ((await kindOf(fs, path)) === 'file') return [['', await fileDigest(fs, path)]];
  const entries: (readonly [string, string])[] = [];
  for (const name of await filesBelow(fs, path, ''))
    entries.push([name, await fileDigest(fs, join(path, name))]);
  return entries;
}

async function kindOf(fs: FileSystem, path: string): Promise<'file' | 'directory'> {
  try {
    const { kind } = await fs.stat(path);
    if (kind === 'file' || kind === 'directory') return kind;
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) throw error;
  }
  throw new MgitError('GATE_DATA_MISSING', `the data ${path} is not here`, {
    hint: 'put the data there, or correct its path in mgit.yaml',
  });
}

async function filesBelow(fs: FileSystem, root: string, prefix: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { name } of await fs.readDirectory(resolve(root, prefix))) {
    if (name.startsWith('.')) continue;
    const path = prefix === '' ? name : `${prefix}/${name}`;
    if ((await kindOf(fs, join(root, path))) === 'directory')
      found.push(...(await filesBelow(fs, root, path)));
    else found.push(path);
  }
  return found;
}

async function fileDigest(fs: FileSystem, path: string): Promise<string> {
  const hash = createHash('sha256');
  const file = await fs.open(path, 'read');
  try {
    const buffer = new Uint8Array(CHUNK);
    for (let position = 0; ; position += CHUNK) {
      const count = await file.read(buffer, position);
      hash.update(buffer.subarray(0, count));
      if (count < CHUNK) return hash.digest('hex');
    }
  } finally {
    await file.close();
  }
}

/** SHA-256 of the lines `<sha256>  <path>\n`, sorted by the paths' UTF-8 bytes: what `sha256sum` prints for the folder's files. */
function listingDigest(entries: readonly (readonly [path: string, digest: string])[]): string {
  const sorted = entries.toSorted(([left], [right]) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
  return sha256(sorted.map(([path, digest]) => `${digest}  ${path}\n`).join(''));
}
