import { createHash } from 'node:crypto';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { openByteSource } from '../../formats/byte-source.ts';
import { replaceFile } from './save-weights.ts';

const SLICE = 4 << 20;

/** Copies a file in place of another, whole and durable. */
export async function copyFile(fs: FileSystem, from: string, to: string): Promise<void> {
  await using source = await openByteSource(fs, from);
  await replaceFile(fs, to, async file => {
    for await (const { offset, bytes } of slices(source)) await file.write(bytes, offset);
  });
}

/** `sha256:<hex>` of a file's bytes. */
export async function fileDigest(fs: FileSystem, path: string): Promise<string> {
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
