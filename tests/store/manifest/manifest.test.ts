import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MgitError } from '../../../src/base/errors.ts';
import type { TensorView } from '../../../src/formats/checkpoint.ts';
import type { Manifest } from '../../../src/store/manifest/manifest.ts';
import { manifestOf } from '../../../src/store/manifest/manifest-of.ts';
import { compareUtf8, escapeName, unescapeName } from '../../../src/store/manifest/name-text.ts';
import { manifestDigests, openManifest, parseManifest } from '../../../src/store/manifest/read-manifest.ts';
import { isDense } from '../../../src/tensor/view-span.ts';
import { digestOf, layouts } from '../../testkit/layouts.ts';
import { modelFile } from '../../testkit/stores.ts';

const textOf = (manifest: Manifest): string => Buffer.from(manifest.text).toString();

function manifestFrom(layout: Parameters<typeof manifestOf>[0]): Manifest {
  return manifestOf(
    layout,
    layout.extents.map(extent => digestOf(`${extent.offset}+${extent.length}`)),
  );
}

/** Strides that say what is dense anyway are not written. */
function asWritten(view: TensorView): TensorView {
  const { strides: _, ...dense } = view;
  return isDense(view) ? dense : view;
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
        const text = manifest.text;
        const again = parseManifest(text);
        expect(Buffer.from(again.text)).toEqual(Buffer.from(text));
        expect(again.extents.map(({ digest: _, ...span }) => span)).toEqual(layout.extents);
        const tensors = new Map(again.tensors.map(({ extent: _, ...view }) => [view.name, view]));
        expect(tensors).toEqual(new Map(layout.tensors.map(view => [view.name, asWritten(view)])));
        for (const { offset, extent } of again.tensors)
          expect(offset >= extent.offset && offset <= extent.offset + extent.length).toBe(true);
        expect(again.skeleton.map(({ offset }) => offset)).toEqual(
          again.extents.filter(({ role }) => role === 'skeleton').map(({ offset }) => offset),
        );
      }),
    );
  });

  test('a tensor is found by its name, whatever is guessed', () => {
    fc.assert(
      fc.property(layouts(), fc.nat(12), (layout, near) => {
        const manifest = manifestFrom(layout);
        for (const [at, { name }] of manifest.tensors.map((tensor, at) => [at, tensor] as const)) {
          expect([manifest.positionOf(name), manifest.positionOf(name, near), manifest.nameAt(at)]).toEqual([
            at,
            at,
            name,
          ]);
          expect(manifest.tensor(name)).toEqual(manifest.tensors.at(at));
        }
        expect(manifest.tensor('\ud800')).toBeUndefined();
        expect(manifest.tensor('name that is too long')).toBeUndefined();
      }),
    );
  });

  test('what is opened is checked as it is read', () => {
    const text = textOf(manifestFrom(SHARED));
    const swapped = text.replace(/(tensor none.*\n)([\s\S]*)(tensor weight.*\n)/, '$3$2$1');
    const manifest = openManifest(Buffer.from(swapped));
    expect(manifest.tensors.at(0)?.name).toBe('weight');
    expect(() => manifest.tensors.at(3)).toThrow('line 10: names are not sorted');
    expect(() => manifest.extents).toThrow('line 8: names are not sorted');
    const late = openManifest(Buffer.from(`${text}view zz F32\n`));
    expect(() => late.tensors.at(-1)).toThrow('line 11: "view" takes 6 words');
  });

  test('a changed byte is refused or is the canonical text of another manifest', () => {
    fc.assert(
      fc.property(layouts(), fc.nat(), fc.nat(255), (layout, at, byte) => {
        const text = Buffer.from(manifestFrom(layout).text);
        text[at % text.length] = byte;
        const manifest = readOrUndefined(text);
        if (manifest) expect(Buffer.from(manifest.text)).toEqual(text);
      }),
    );
  });

  test('a cut anywhere but after a view is refused', () => {
    const text = manifestFrom(SHARED).text;
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
      const digests = [...manifestDigests(manifest.text)];
      expect(digests.toSorted()).toEqual(manifest.extents.map(({ digest }) => digest).toSorted());
    }),
  );
});

test('strides that say what is dense anyway are left out, as they are in the text', () => {
  const { layout } = modelFile([{ name: 'w', dtype: 'U8', shape: [2, 3], data: new Uint8Array(6) }]);
  const strided = { ...layout, tensors: layout.tensors.map(view => ({ ...view, strides: [3, 1] })) };
  expect(textOf(manifestFrom(strided))).toEqual(textOf(manifestFrom(layout)));
});
