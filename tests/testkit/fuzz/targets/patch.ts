import { createHash } from 'node:crypto';
import type { CommitId } from '../../../../src/base/ids.ts';
import { formatCommit } from '../../../../src/store/history/objects/commit-object.ts';
import { hashObject } from '../../../../src/store/history/objects/object-store.ts';
import { encodeObjects } from '../../../../src/store/patches/object-section.ts';
import { encodePatchHead, PATCH_HEAD_BYTES } from '../../../../src/store/patches/patch-frame.ts';
import { encodePatchHeader } from '../../../../src/store/patches/patch-header.ts';
import { readPatch } from '../../../../src/store/patches/read-patch.ts';
import { onlyFile } from '../memory-file.ts';
import type { FuzzTarget } from '../target.ts';

const DIGEST_BYTES = 32;

/** Patch files. */
export default {
  seeds: async () => [await small()],
  parse: input => readPatch(onlyFile(input), '/fuzzed'),
  reseal,
  words: ['"type":"sparse"', '"type":"low-rank"', '"density":0.5', '"rank":1', '"mode":57344', 'null'],
} satisfies FuzzTarget;

/** One commit that adds one file. */
async function small(): Promise<Uint8Array> {
  const base = '0'.repeat(40) as CommitId;
  const who = { name: 'A', email: 'a@example.org', timestamp: 0, timezoneOffset: 0 };
  const content = Buffer.from('x');
  const file = hashObject('blob', content);
  const commit = formatCommit({ tree: file, parents: [base], author: who, committer: who, message: 'Add' });
  const id = hashObject('commit', commit) as CommitId;
  const header = encodePatchHeader({
    base,
    kind: { type: 'lossless' },
    commits: [{ id, changes: [{ path: 'a', before: null, after: { id: file, mode: 0o100644 } }] }],
    models: [{ path: 'a', size: 1, changedTensors: 1, errors: [] }],
  });
  const objects = await encodeObjects([
    { type: 'commit', bytes: commit },
    { type: 'blob', bytes: content },
  ]);
  const head = encodePatchHead({ header: header.length, objects: objects.length, pack: 0 });
  return reseal(Buffer.concat([head, header, objects, Buffer.alloc(DIGEST_BYTES)]));
}

/** The length of the header, as far as braces tell, that of the objects, and the digest. */
function reseal(input: Uint8Array): Uint8Array {
  const patch = Buffer.from(input);
  const end = patch.length - DIGEST_BYTES;
  if (end < PATCH_HEAD_BYTES) return patch;
  const header = patch.lastIndexOf('}]}') + 3 - PATCH_HEAD_BYTES;
  if (header > 0 && header <= end - PATCH_HEAD_BYTES) {
    patch.writeUInt32LE(header, 12);
    patch.writeBigUInt64LE(BigInt(end - PATCH_HEAD_BYTES - header), 16);
  }
  createHash('sha256').update(patch.subarray(0, end)).digest().copy(patch, end);
  return patch;
}
