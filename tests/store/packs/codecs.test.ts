import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MgitError } from '../../../src/base/errors.ts';
import type { FrameContext } from '../../../src/store/packs/codecs/codec.ts';
import { FRAME_CODECS, frameCodec } from '../../../src/store/packs/codecs/registry.ts';
import { RECORD_KINDS } from '../../../src/store/packs/records.ts';
import { loadKernels } from '../../../src/tensor/kernels/kernels.ts';

const kernels = await loadKernels();
const layout = fc.record({ elementSize: fc.constantFrom(1, 2, 4, 8), rotate: fc.boolean() });
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.tuple(fc.nat(255), fc.nat(5000)).map(([value, length]) => new Uint8Array(length).fill(value)),
);

function contextFor(length: number, elements: FrameContext['elements']): FrameContext {
  return { kernels, elements, base: Uint8Array.from({ length }, (_, at) => at * 7) };
}

describe.each(FRAME_CODECS.map(codec => [codec.name, codec] as const))('%s', (_, codec) => {
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

test.each([5, 6, 99])('kind %i is refused by name', kind => {
  expect(() => frameCodec(kind)).toThrow(expect.objectContaining({ code: 'RECORD_UNSUPPORTED' }));
});
