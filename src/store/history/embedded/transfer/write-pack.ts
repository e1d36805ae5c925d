import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import type { ObjectId } from '../../../../base/ids.ts';
import type { ObjectStore, ObjectType } from '../../objects/object-store.ts';

const compress = promisify(deflate);
const TYPE_NUMBER: Readonly<Record<ObjectType, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 };

/** A pack of these objects, each whole. Layout: gitformat-pack(5). */
export async function writePack(store: ObjectStore, ids: readonly ObjectId[]): Promise<Buffer> {
  const header = Buffer.alloc(12);
  header.write('PACK', 'latin1');
  header.writeUInt32BE(2, 4);
  header.writeUInt32BE(ids.length, 8);
  const parts: Buffer[] = [header];
  for (const id of ids) {
    const { type, bytes } = await store.read(id);
    parts.push(entryHeader(TYPE_NUMBER[type], bytes.length), await compress(bytes));
  }
  const body = Buffer.concat(parts);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

/** Type in three bits, size in four and then seven bits a byte, lowest first. */
function entryHeader(type: number, size: number): Buffer {
  const bytes: number[] = [];
  let current = (type << 4) | (size & 15);
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push(current | 0x80);
    current = rest & 0x7f;
  }
  return Buffer.from([...bytes, current]);
}
