import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MgitError } from '../../../src/base/errors.ts';
import type { Manifest } from '../../../src/store/manifest/manifest.ts';
import { manifestOf } from '../../../src/store/manifest/manifest-of.ts';
import { compareUtf8, escapeName, unescapeName } from '../../../src/store/manifest/name-text.ts';
import { manifestDigests, parseManifest } from '../../../src/store/manifest/read-manifest.ts';
import { manifestText } from '../../../src/store/manifest/write-manifest.ts';
import { digestOf, layouts } from '../../testkit/layouts.ts';
import { modelFile } from '../../testkit/stores.ts';

const textOf = (manifest: Manifest): string => Buffer.from(manifestText(manifest)).toString();

function manifestFrom(layout: Parameters<typeof manifestOf>[0]): Manifest {
  return manifestOf(
    layout,
    layout.extents.map(extent => digestOf(`${extent.offset}+${extent.length}`)),
  );
}

describe('names', () => {
  test('escape and unescape are inverse, and nothing else unescapes', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), name => unescapeName(escapeName(name)) === name));
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('%', '2', '0', '5', 'C', 'a', ' ', 'é') }), text => {
        const name = unescapeName(text);
        return name === undefined || escapeName(name) === text;
      }),
    );
  });

  test('order is that of the UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (left, right) => {
        expect(Math.sign(compareUtf8(left, right))).toBe(
          Buffer.compare(Buffer.from(left), Buffer.from(right)),
        );
      }),
    );
  });

  test('escapes read as expected', () => {
    expect(['', ' ', 'a%b', '\u2028', '\u0085', 'größe'].map(escapeName)).toEqual([
      '%',
      '%20',
      'a%25b',
      '%E2%80%A8',
      '%C2%85',
      'größe',
    ]);
  });
});

describe('text', () => {
  test('a manifest comes back, and its text is the only one', () => {
    fc.assert(
      fc.property(layouts(), layout => {
        const manifest = manifestFrom(layout);
        const text = manifestText(manifest);
        const again = parseManifest(text);
        expect(Buffer.from(manifestText(again))).toEqual(Buffer.from(text));
        expect(again.extents).toEqual(manifest.extents);
        expect(again.tensors.map(tensor => tensor.name)).toEqual(manifest.tensors.map(tensor => tensor.name));
        expect(again.tensors.map(tensor => tensor.extent)).toEqual(
          manifest.tensors.map(tensor => tensor.extent),
        );
      }),
    );
  });

  test('a changed byte is refused or is the canonical text of another manifest', () => {
    fc.assert(
      fc.property(layouts(), fc.nat(), fc.nat(255), (layout, at, byte) => {
        const text = Buffer.from(manifestText(manifestFrom(layout)));
        text[at % text.length] = byte;
        const manifest = readOrUndefined(text);
        if (manifest) expect(Buffer.from(manifestText(manifest))).toEqual(text);
      }),
    );
  });

  test('a cut anywhere but after a view is refused', () => {
    const text = manifestText(manifestFrom(SHARED));
    for (let length = 0; length < text.length; length++)
      expect(readOrUndefined(text.subarray(0, length))).toBeUndefined();
  });

  test('reads as documented', () => {
    expect(textOf(manifestFrom(SHARED)).replaceAll(/[0-9a-f]{60}(?= |\n)/g, '~')).toMatchInlineSnapshot(`
      "mgit manifest 1
      # The identity of a model file tracked by mgit; "mgit restore <path>" writes the file itself.
      format safetensors
      size 40
      skeleton 0 8 3b2a~
      extent 24 16 ff0d~
      tensor none F32 [0,3] 24 0 2860~
      view tied BF16 [4,2] - 24 big
      view tied%20a BF16 [2,4] [1,2] 24 little
      tensor weight F32 [2,2] 8 16 4e60~
      "
    `);
  });

  test.each([
    ['size 007', /line 4: not a number/],
    ['size 99', /bytes of the file at offset/],
    ['size 40\nsize 40', /"size" is out of place/],
  ])('%s is refused', (line, message) => {
    const text = textOf(manifestFrom(SHARED)).replace('size 40', line);
    expect(() => parseManifest(Buffer.from(text))).toThrow(message);
  });

  test('another version names itself', () => {
    expect(() => parseManifest(Buffer.from('mgit manifest 2\n'))).toThrow(
      expect.objectContaining({ code: 'MANIFEST_UNSUPPORTED' }),
    );
  });
});

/** A header, one plain tensor, and an extent that two views share. */
const SHARED: Parameters<typeof manifestOf>[0] = {
  format: 'safetensors',
  size: 40,
  extents: [
    { role: 'skeleton', offset: 0, length: 8 },
    { role: 'tensor', offset: 8, length: 16 },
    { role: 'tensor', offset: 24, length: 0 },
    { role: 'tensor', offset: 24, length: 16 },
  ],
  tensors: [
    { name: 'weight', dtype: 'F32', shape: [2, 2], offset: 8, byteOrder: 'little' },
    { name: 'none', dtype: 'F32', shape: [0, 3], offset: 24, byteOrder: 'little' },
    { name: 'tied a', dtype: 'BF16', shape: [2, 4], strides: [1, 2], offset: 24, byteOrder: 'little' },
    { name: 'tied', dtype: 'BF16', shape: [4, 2], offset: 24, byteOrder: 'big' },
  ],
};

function readOrUndefined(text: Uint8Array): Manifest | undefined {
  try {
    return parseManifest(text);
  } catch (error) {
    if (error instanceof MgitError) return undefined;
    throw error;
  }
}

test('the digests alone are those of the extents', () => {
  fc.assert(
    fc.property(layouts(), layout => {
      const manifest = manifestFrom(layout);
      const digests = [...manifestDigests(manifestText(manifest))];
      expect(digests.toSorted()).toEqual(manifest.extents.map(({ digest }) => digest).toSorted());
    }),
  );
});

test('strides that say what is dense anyway are left out, as they are in the text', () => {
  const { layout } = modelFile([{ name: 'w', dtype: 'U8', shape: [2, 3], data: new Uint8Array(6) }]);
  const strided = { ...layout, tensors: layout.tensors.map(view => ({ ...view, strides: [3, 1] })) };
  expect(manifestFrom(strided)).toEqual(manifestFrom(layout));
});
