import { expect, test } from 'vitest';
import { parseDigest, parsePackId } from '../../src/base/ids.ts';
import { formatPointer, packOfPointerPath, parsePointer, pointerPath } from '../../src/remote/pointer.ts';

const id = parsePackId('ab'.repeat(32));
const oid = parseDigest('0d'.repeat(32));

test('a pointer is written as git-lfs writes it', () => {
  expect(formatPointer({ oid, size: 12 })).toBe(
    `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize 12\n`,
  );
  expect(parsePointer(id, formatPointer({ oid, size: 12 }))).toEqual({ id, oid, size: 12 });
});

test.each([
  '',
  'version https://git-lfs.github.com/spec/v1\n',
  `oid sha256:${oid}\nsize 12\n`,
  `${formatPointer({ oid, size: 1 })}x`,
])('anything else is refused: %j', text => {
  expect(() => parsePointer(id, text)).toThrow(expect.objectContaining({ code: 'POINTER_INVALID' }));
});

test('a pack and the path of its pointer belong together', () => {
  expect(packOfPointerPath(pointerPath(id))).toBe(id);
  expect(packOfPointerPath(`packs/00/${id}`)).toBeUndefined();
  expect(packOfPointerPath(`packs/ab/${id}.txt`)).toBeUndefined();
});
