import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CheckpointLayout, ExtentSpan, TensorView } from '../../../src/formats/checkpoint.ts';
import { isSameTensor } from '../../../src/merge/same-tensor.ts';
import { modelChange } from '../../../src/ops/worktree/model-change.ts';
import type { Manifest } from '../../../src/store/manifest/manifest.ts';
import { manifestOf } from '../../../src/store/manifest/manifest-of.ts';
import { compareUtf8, escapeName } from '../../../src/store/manifest/name-text.ts';
import { differingPairs, pairTensors } from '../../../src/store/manifest/pair-tensors.ts';
import { openManifest } from '../../../src/store/manifest/read-manifest.ts';
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

/** A model with a header, and each tensor in an extent of its own. */
function manifestWith(model: readonly Tensor[]): Manifest {
  const extents: ExtentSpan[] = [{ role: 'skeleton', offset: 0, length: 8 }];
  const digests = [digestOf(`${model.length}`)];
  const views: TensorView[] = [];
  let offset = 8;
  for (const { name, elements, content } of model) {
    extents.push({ role: 'tensor', offset, length: elements * 4 });
    digests.push(digestOf(`${content} ${elements}`));
    views.push({ name, dtype: 'F32', shape: [elements], offset, byteOrder: 'little' });
    offset += elements * 4;
  }
  return manifestOf({ format: 'safetensors', size: offset, extents, tensors: views }, digests);
}

/** As pairs of equal tensors, which `pairTensors` does not read. */
function pairsOf(before: Manifest, after: Manifest) {
  return [...pairTensors(before, after)].map(pair =>
    pair.same ? { name: pair.name, before: before.tensor(pair.name), after: after.tensor(pair.name) } : pair,
  );
}

/** The same pairs, found by looking up every name. */
function lookedUp(before: Manifest, after: Manifest) {
  const names = [...new Set([...before.tensors, ...after.tensors].map(({ name }) => name))];
  return names
    .toSorted((left, right) => compareUtf8(escapeName(left), escapeName(right)))
    .map(name => ({
      name,
      before: before.tensors.find(tensor => tensor.name === name),
      after: after.tensors.find(tensor => tensor.name === name),
    }));
}

describe('pairing the tensors of two manifests', () => {
  test('finds what looking up every name finds', () => {
    const models = fc.oneof(tensors.map(manifestWith), layouts().map(manifestOfLayout));
    fc.assert(
      fc.property(models, models, (before, after) => {
        expect(pairsOf(before, after)).toMatchObject(lookedUp(before, after));
      }),
    );
  });

  test('long runs of equal tensors are passed over, and nothing else is', () => {
    const names = Array.from({ length: 300 }, (_, at) => `t${String(at).padStart(3, '0')}`);
    const moved = fc.uniqueArray(fc.nat({ max: 299 }), { maxLength: 6 });
    fc.assert(
      fc.property(moved, moved, (changed, removed) => {
        const model = names.map(name => ({ name, elements: 1, content: 0 }));
        const before = manifestWith(model);
        const after = manifestWith(
          model.flatMap((tensor, at) =>
            removed.includes(at) ? [] : [{ ...tensor, content: changed.includes(at) ? 1 : 0 }],
          ),
        );
        for (const [left, right] of [
          [before, after],
          [after, before],
        ] as const) {
          const differing = [...pairTensors(left, right)].filter(pair => !pair.same);
          expect([...differingPairs(left, right)]).toEqual(differing);
        }
      }),
    );
  });

  test('equal tensors in extents of their own are not read', () => {
    const model = manifestWith([
      { name: 'a', elements: 1, content: 0 },
      { name: 'b', elements: 1, content: 0 },
    ]);
    const other = manifestWith([
      { name: 'a', elements: 1, content: 0 },
      { name: 'b', elements: 1, content: 1 },
    ]);
    expect([...pairTensors(model, other)].map(({ same }) => same)).toEqual([true, false]);
  });

  test('equal lines of views on other extents are no equal tensors', () => {
    const [before, after] = ['one', 'two'].map(content =>
      manifestOf(
        {
          format: 'pytorch',
          size: 8,
          extents: [{ role: 'tensor', offset: 0, length: 8 }],
          tensors: Array.from({ length: 100 }, (_, at) => ({
            name: `t${at}`,
            dtype: 'F32',
            shape: [2],
            offset: 0,
            byteOrder: 'little',
          })),
        },
        [digestOf(content)],
      ),
    );
    expect(modelChange(before, after)).toEqual({ tensors: 100, changed: 100, added: 0, removed: 0 });
  });

  test('counts', () => {
    fc.assert(
      fc.property(tensors, tensors, (left, right) => {
        const [before, after] = [manifestWith(left), manifestWith(right)];
        const pairs = lookedUp(before, after);
        expect(modelChange(before, after)).toEqual({
          tensors: right.length,
          added: pairs.filter(pair => !pair.before).length,
          removed: pairs.filter(pair => !pair.after).length,
          changed: pairs.filter(pair => pair.before && pair.after && !isSameTensor(pair.before, pair.after))
            .length,
        });
        expect(modelChange(undefined, after)).toMatchObject({ tensors: right.length, added: right.length });
        expect(modelChange(before, undefined)).toMatchObject({ tensors: left.length, removed: left.length });
      }),
    );
  });

  test('a line that is not equal and not well formed is refused with its number', () => {
    const model = manifestWith([{ name: 'a', elements: 1, content: 0 }]);
    const text = Buffer.from(model.text).toString();
    const damaged = openManifest(Buffer.from(text.replace('tensor a F32', 'tensor a F31')));
    expect(() => [...pairTensors(model, damaged)]).toThrow('manifest line 6: unknown dtype "F31"');
    const unsorted = openManifest(Buffer.from(`${text}${text.split('\n')[5]}\n`));
    expect(() => [...pairTensors(undefined, unsorted)]).toThrow('manifest line 7: names are not sorted');
    expect(() => openManifest(Buffer.from(text.slice(0, -1)))).toThrow('line feed is missing');
  });
});

function manifestOfLayout(layout: CheckpointLayout): Manifest {
  return manifestOf(
    layout,
    layout.extents.map(extent => digestOf(`${extent.length}`)),
  );
}
