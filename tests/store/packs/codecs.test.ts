import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MgitError } from '../../../src/base/errors.ts';
import type { FrameContext } from '../../../src/store/packs/codecs/codec.ts';
import { FRAME_CODECS, frameCodec } from '../../../src/store/packs/codecs/registry.ts';
import { isPredicted } from '../../../src/store/packs/prediction-parameters.ts';
import { RECORD_KINDS } from '../../../src/store/packs/records.ts';
import { loadKernels } from '../../../src/tensor/kernels/kernels.ts';
import { type Prediction, predict } from '../../../src/tensor/prediction.ts';

const kernels = await loadKernels();
const layout = fc.record({ elementSize: fc.constantFrom(1, 2, 4, 8), rotate: fc.boolean() });
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.tuple(fc.nat(255), fc.nat(5000)).map(([value, length]) => new Uint8Array(length).fill(value)),
  fc
    .tuple(fc.array(fc.nat(255), { minLength: 2, maxLength: 3 }), fc.array(fc.nat(2), { maxLength: 2000 }))
    .map(([values, choices]) => Uint8Array.from(choices, choice => values[choice % values.length] ?? 0)),
);

function contextFor(length: number, elements: FrameContext['elements']): FrameContext {
  return { kernels, elements, base: Uint8Array.from({ length }, (_, at) => at * 7) };
}

/** Those that need nothing but a base. */
const SIMPLE = FRAME_CODECS.filter(({ kind }) => !isPredicted(kind));

describe.each(SIMPLE.map(codec => [codec.name, codec] as const))('%s', (_, codec) => {
  test('comes back', () => {
    fc.assert(
      fc.property(bytes, layout, (raw, elements) => {
        const context = contextFor(raw.length, elements);
        const stored = codec.encode(raw, context);
        expect(stored.length).toBeLessThanOrEqual(raw.length + 64);
        const target = new Uint8Array(raw.length);
        codec.decode(stored, target, context);
        expect(target).toEqual(raw);
      }),
    );
  });

  test('comes back where its stored bytes lie in what it is decoded into', () => {
    fc.assert(
      fc.property(bytes, layout, (raw, elements) => {
        const context = contextFor(raw.length, elements);
        const stored = codec.encode(raw, context);
        fc.pre(stored.length <= raw.length);
        const target = new Uint8Array(new SharedArrayBuffer(raw.length));
        const within = target.subarray(raw.length - stored.length);
        within.set(stored);
        codec.decode(within, target, context);
        expect(Buffer.compare(target, raw)).toBe(0);
      }),
    );
  });

  test('damage is a coded error or other bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.nat(400),
        layout,
        (stored, length, elements) => {
          try {
            codec.decode(stored, new Uint8Array(length), contextFor(length, elements));
          } catch (error) {
            expect(error).toBeInstanceOf(MgitError);
          }
        },
      ),
    );
  });
});

test('planes put a repeated exponent aside', () => {
  const raw = Buffer.from(
    new Float32Array(Array.from({ length: 4096 }, (_, at) => 1 + (at * 7919) / 2 ** 24)).buffer,
  );
  const elements = { elementSize: 4, rotate: true };
  const stored = frameCodec(RECORD_KINDS.planes).encode(raw, contextFor(raw.length, elements));
  expect(stored.length).toBeLessThan(0.8 * raw.length);
});

describe('planes of few values', () => {
  const elements = { elementSize: 1, rotate: false };
  const planes = frameCodec(RECORD_KINDS.planes);
  const stored = (raw: Uint8Array) => planes.encode(raw, contextFor(raw.length, elements));
  const flips = (share: number) =>
    Uint8Array.from({ length: 80_000 }, (_, at) => ((at * 7919) % 1000 < share * 1000 ? 7 : 4));

  test('of one take their value', () => {
    expect(stored(new Uint8Array(80_000).fill(9)).length).toBe(4 + 2);
  });

  test('of two take a bit a byte at most', () => {
    const random = Uint8Array.from({ length: 80_000 }, (_, at) => (Math.imul(at, 0x9e3779b1) >>> 30) & 1);
    expect(stored(random).length).toBeLessThanOrEqual(4 + 2 + 10_000);
    expect(stored(flips(0.002)).length).toBeLessThan(4 + 2 + 3000);
  });

  test('damage of their head is a coded error', () => {
    const bits = stored(flips(0.5));
    const decoded = (bytes: Uint8Array) =>
      planes.decode(bytes, new Uint8Array(80_000), contextFor(80_000, elements));
    const same = Uint8Array.from(bits);
    same[5] = same[4] ?? 0;
    const tooShort = Uint8Array.of(1, 0, 0, 0x40, 4);
    const beyond = Uint8Array.of(9, 0, 0, 0x40, 4, 7);
    for (const bytes of [same, tooShort, beyond])
      expect(() => decoded(bytes)).toThrow(expect.objectContaining({ code: 'FRAME_CORRUPT' }));
  });
});

describe('layers of exclusive ors', () => {
  const [planes, xor] = [frameCodec(RECORD_KINDS.planes), frameCodec(RECORD_KINDS.xor)];
  const joined = (frames: readonly Uint8Array[]) => ({
    bytes: Buffer.concat(frames),
    lengths: frames.map(({ length }) => length),
  });
  /** The stored frames of versions, each coded against the next, and the last as planes. */
  const stored = (versions: readonly Uint8Array[], elements: FrameContext['elements']): Uint8Array[] =>
    versions.map((raw, at) => {
      const base = versions[at + 1];
      return (base ? xor : planes).encode(raw, { kernels, elements, base });
    });

  test('give what decoding them one after the other gives, and are coded as what that gives would be', () => {
    const change = fc.record({
      every: fc.integer({ min: 1, max: 40 }),
      bits: fc.nat(255),
      noisy: fc.boolean(),
    });
    fc.assert(
      fc.property(
        bytes,
        layout,
        fc.array(change, { minLength: 1, maxLength: 4 }),
        (first, elements, changes) => {
          const versions = [first];
          for (const { every, bits, noisy } of changes)
            versions.unshift(
              (versions[0] ?? first).map((byte, at) =>
                at % every ? byte : byte ^ (noisy ? at * bits : bits),
              ),
            );
          const [top = first, ...beneath] = stored(versions, elements);
          const target = new Uint8Array(first.length);
          const context = { kernels, elements, base: undefined, beneath: joined(beneath) };
          xor.decode(top, target, context);
          expect(target).toEqual(versions[0]);
          expect(xor.encode(target, context)).toEqual(top);
        },
      ),
    );
  });

  test('name the damaged one', () => {
    const elements = { elementSize: 4, rotate: true };
    const versions = [3, 5, 7].map(factor => Uint8Array.from({ length: 999 }, (_, at) => at * factor));
    for (const layer of [0, 1, 2]) {
      const frames = stored(versions, elements).map((frame, at) =>
        at === layer ? frame.subarray(0, -1) : frame,
      );
      const [top = new Uint8Array(), ...beneath] = frames;
      const context = { kernels, elements, base: undefined, beneath: joined(beneath) };
      const damage = expect.objectContaining({ code: 'FRAME_CORRUPT', details: { layer } });
      expect(() => xor.decode(top, new Uint8Array(999), context)).toThrow(damage);
      const encode = () => xor.encode(versions[0] ?? top, context);
      if (layer === 0) expect(encode()).toEqual(stored(versions, elements)[0]);
      else expect(encode).toThrow(damage);
    }
  });
});

describe('sparse', () => {
  const sparse = frameCodec(RECORD_KINDS.sparse);
  const changes = fc.array(fc.tuple(fc.nat(4999), fc.integer({ min: 1, max: 255 })), { maxLength: 60 });

  test('lists few changes, wherever they are', () => {
    fc.assert(
      fc.property(changes, layout, (places, elements) => {
        const context = contextFor(5000, elements);
        const raw = Uint8Array.from(context.base ?? []);
        for (const [at, bits] of places) raw[at] = (raw[at] ?? 0) ^ bits;
        const stored = sparse.encode(raw, context);
        const target = new Uint8Array(raw.length);
        sparse.decode(stored, target, context);
        expect(target).toEqual(raw);
        expect(stored.length).toBeLessThan(100 + places.length * (4 + elements.elementSize));
      }),
    );
  });

  test('takes one byte where nothing changed', () => {
    const context = contextFor(5000, { elementSize: 4, rotate: true });
    expect(sparse.encode(context.base ?? new Uint8Array(), context)).toEqual(Uint8Array.of(0));
  });

  test('takes what an xor takes, and a byte, where everything changed', () => {
    const context = contextFor(5000, { elementSize: 2, rotate: true });
    const raw = (context.base ?? new Uint8Array()).map((byte, at) => byte ^ (1 + (at % 255)));
    const xor = frameCodec(RECORD_KINDS.xor).encode(raw, context);
    expect(sparse.encode(raw, context).length).toBe(xor.length + 1);
  });

  test('damage of a list is a coded error or other bytes', () => {
    const context = contextFor(5000, { elementSize: 2, rotate: false });
    const raw = Uint8Array.from(context.base ?? []);
    for (const at of [7, 900, 4999]) raw[at] = (raw[at] ?? 0) ^ 9;
    const stored = sparse.encode(raw, context);
    for (let bit = 0; bit < stored.length * 8; bit++) {
      const damaged = Uint8Array.from(stored, (byte, at) =>
        at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte,
      );
      try {
        sparse.decode(damaged, new Uint8Array(raw.length), context);
      } catch (error) {
        expect(error).toBeInstanceOf(MgitError);
      }
    }
  });
});

describe.each(['F32', 'BF16', 'F16'] as const)('a prediction of %s', dtype => {
  const elementSize = dtype === 'F32' ? 4 : 2;
  const elements = { elementSize, rotate: dtype !== 'F16' };
  const low: Prediction = {
    type: 'low-rank',
    dtype,
    columns: 7,
    rank: 3,
    scale: 0.5,
    left: Float32Array.from({ length: 300 }, (_, at) => Math.sin(at)),
    right: Float32Array.from({ length: 21 }, (_, at) => Math.cos(at)),
  };
  const scaled: Prediction = { type: 'scaling', dtype, vector: Float32Array.of(1.5, 0.75, 1.1), run: 5 };

  test.each([
    [RECORD_KINDS.lowRank, low],
    [RECORD_KINDS.ia3, scaled],
  ])('of kind %i is coded by what differs from it', (kind, prediction) => {
    const codec = frameCodec(kind);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.nat(200), fc.nat(3), (count, start, changes) => {
        const base = Uint8Array.from({ length: count * elementSize }, (_, at) => (at * 29) % 61);
        const place = { prediction, offset: start * elementSize };
        const context = { kernels, elements, base, prediction: place };
        const raw = predict(base, { prediction, start }, kernels);
        expect(codec.encode(raw, context)).toEqual(Uint8Array.of(0));
        for (let at = 0; at < changes; at++) raw[(at * 97) % raw.length] = at;
        const stored = codec.encode(raw, context);
        expect(stored.length).toBeLessThanOrEqual(raw.length + 64);
        const target = new Uint8Array(raw.length);
        codec.decode(stored, target, context);
        expect(target).toEqual(raw);
      }),
      { numRuns: 40 },
    );
  });

  test('is refused where it does not fit', () => {
    const base = new Uint8Array(8 * elementSize);
    const context = { kernels, elements, base, prediction: { prediction: low, offset: 0 } };
    const codec = frameCodec(RECORD_KINDS.lowRank);
    for (const wrong of [
      { base: undefined },
      { prediction: undefined },
      { elements: { elementSize: 1, rotate: false } },
      { prediction: { prediction: low, offset: 1 } },
    ])
      expect(() =>
        codec.decode(Uint8Array.of(0), new Uint8Array(base.length), { ...context, ...wrong }),
      ).toThrow(expect.objectContaining({ code: 'FRAME_CORRUPT' }));
  });
});

test.each([0, 99])('kind %i is refused by name', kind => {
  expect(() => frameCodec(kind)).toThrow(expect.objectContaining({ code: 'RECORD_UNSUPPORTED' }));
});
