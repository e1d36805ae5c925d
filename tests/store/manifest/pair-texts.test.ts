import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CheckpointLayout } from '../../../src/formats/checkpoint.ts';
import { isSameTensor } from '../../../src/merge/same-tensor.ts';
import { pairTensors } from '../../../src/ops/diff/pair-tensors.ts';
import { manifestChange, modelChange } from '../../../src/ops/worktree/model-change.ts';
import { manifestOf } from '../../../src/store/manifest/manifest-of.ts';
import { countTensors, isPlainText, NO_TENSORS, pairTexts } from '../../../src/store/manifest/pair-texts.ts';
import { parseManifest } from '../../../src/store/manifest/read-manifest.ts';
import { manifestText } from '../../../src/store/manifest/write-manifest.ts';
import { digestOf, layouts } from '../../testkit/layouts.ts';

interface Tensor {
  readonly name: string;
  readonly elements: number;
  readonly content: number;
}

const tensors: fc.Arbitrary<readonly Tensor[]> = fc.uniqueArray(
  fc.record({
    name: fc.oneof(
      fc.constantFrom('a', 'a.b', 'a b', 'B', 'é', '\u{10000}', '\uffee'),
      fc.string({ maxLength: 3 }),
    ),
    elements: fc.constantFrom(1, 1, 2),
    content: fc.constantFrom(0, 0, 1),
  }),
  { selector: ({ name }) => name, maxLength: 12 },
);

/** The text of a model with a header, and each tensor in an extent of its own. */
function textOf(model: readonly Tensor[]): Uint8Array {
  const extents: CheckpointLayout['extents'][number][] = [{ role: 'skeleton', offset: 0, length: 8 }];
  const digests = [digestOf(`${model.length}`)];
  const views: CheckpointLayout['tensors'][number][] = [];
  let offset = 8;
  for (const { name, elements, content } of model) {
    extents.push({ role: 'tensor', offset, length: elements * 4 });
    digests.push(digestOf(`${content} ${elements}`));
    views.push({ name, dtype: 'F32', shape: [elements], offset, byteOrder: 'little' });
    offset += elements * 4;
  }
  return manifestText(manifestOf({ format: 'safetensors', size: offset, extents, tensors: views }, digests));
}

describe('pairing the lines of two manifests', () => {
  test('finds what pairing the parsed tensors finds', () => {
    fc.assert(
      fc.property(tensors, tensors, (left, right) => {
        const [before, after] = [textOf(left), textOf(right)];
        expect([before, after].every(isPlainText)).toBe(true);
        const parsed = [...pairTensors(parseManifest(before), parseManifest(after))];
        const paired = [...pairTexts(before, after)];
        expect(paired.map(({ name }) => name)).toEqual(parsed.map(({ name }) => name));
        paired.forEach((pair, at) => {
          if (pair.same) expect(isSameTensor(parsed[at]?.before, parsed[at]?.after)).toBe(true);
          else expect({ before: pair.before, after: pair.after, name: pair.name }).toEqual(parsed[at]);
        });
        expect(countTensors(before)).toBe(left.length);
      }),
    );
  });

  test('counts what comparing the parsed manifests counts, whatever views they have', () => {
    fc.assert(
      fc.property(layouts(), layouts(), tensors, (one, two, plain) => {
        const digests = (layout: CheckpointLayout) =>
          layout.extents.map(extent => digestOf(`${extent.length}`));
        const texts = [
          manifestText(manifestOf(one, digests(one))),
          manifestText(manifestOf(two, digests(two))),
        ];
        for (const before of [...texts, textOf(plain), undefined])
          for (const after of [...texts, textOf(plain), undefined])
            expect(modelChange(before, after)).toEqual(
              manifestChange(before && parseManifest(before), after && parseManifest(after)),
            );
      }),
    );
  });

  test('a line that is not equal and not well formed is refused with its number', () => {
    const text = Buffer.from(textOf([{ name: 'a', elements: 1, content: 0 }])).toString();
    const damaged = Buffer.from(text.replace('tensor a F32', 'tensor a F31'));
    expect(() => [...pairTexts(Buffer.from(text), damaged)]).toThrow('manifest line 6: unknown dtype "F31"');
    const unsorted = Buffer.from(`${text}${text.split('\n')[5]}x\n`);
    expect(() => [...pairTexts(NO_TENSORS, unsorted)]).toThrow('manifest line 7');
    expect(() => [...pairTexts(NO_TENSORS, Buffer.from(text.slice(0, -1)))]).toThrow('line feed is missing');
  });
});
