import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { openByteSource } from '../../formats/byte-source.ts';
import { modelFileNames } from '../../formats/open-model.ts';
import { replaceFile } from './save-weights.ts';

const SLICE = 4 << 20;

/** Copies a model into a folder under its own name; of a sharded one the shards, and then the index. Whole and durable, file by file. */
export async function copyModel(fs: FileSystem, path: string, folder: string): Promise<void> {
  for (const name of await modelFileNames(fs, path)) {
    const target = join(folder, name);
    await fs.makeDirectory(dirname(target));
    await copyFile(fs, join(dirname(path), name), target);
  }
}

/** `sha256:<hex>` of a model: of its bytes or, where it is sharded, of its files as `sha256sum` lists them. */
export async function modelDigest(fs: FileSystem, path: string): Promise<string> {
  const names = await modelFileNames(fs, path);
  if (names.length === 1) return fileDigest(fs, path);
  const hash = createHash('sha256');
  for (const name of names)
    hash.update(`${(await fileDigest(fs, join(dirname(path), name))).slice('sha256:'.length)}  ${name}\n`);
  return `sha256:${hash.digest('hex')}`;
}

/** Copies a file in place of another, whole and durable. */
async function copyFile(fs: FileSystem, from: string, to: string): Promise<void> {
  await using source = await openByteSource(fs, from);
  await replaceFile(fs, to, async file => {
    for await (const { offset, bytes } of slices(source)) await file.write(bytes, offset);
  });
}

/** `sha256:<hex>` of a file's bytes. */
async function fileDigest(fs: FileSystem, path: string): Promise<string> {
  await using source = await openByteSource(fs, path);
  const hash = createHash('sha256');
  for await (const { bytes } of slices(source)) hash.update(bytes);
  return `sha256:${hash.digest('hex')}`;
}

async function* slices(
  source: Awaited<ReturnType<typeof openByteSource>>,
): AsyncGenerator<{ readonly offset: number; readonly bytes: Uint8Array }> {
  for (let offset = 0; offset < source.size; offset += SLICE)
    yield { offset, bytes: await source.read(offset, Math.min(SLICE, source.size - offset)) };
}
