import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDigest, parsePackId } from '../../src/base/ids.ts';
import type { OutgoingPack } from '../../src/remote/backends/backend.ts';

const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');

/** A file of `size` bytes that depends on `seed`, named like a pack. Backends never look inside. */
export async function outgoingPack(directory: string, seed: number, size: number): Promise<OutgoingPack> {
  const bytes = Buffer.alloc(size);
  for (let index = 0; index < size; index++) bytes[index] = (index * 31 + seed * 17 + (index >> 8)) & 0xff;
  const id = parsePackId(sha256(`pack ${seed} ${size}`));
  const path = join(directory, `${id}.outgoing`);
  await writeFile(path, bytes);
  return { path, pointer: { id, oid: parseDigest(sha256(bytes)), size } };
}
