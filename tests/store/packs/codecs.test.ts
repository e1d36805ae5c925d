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

test.each([4, 5, 6, 99])('kind %i is refused by name', kind => {
  expect(() => frameCodec(kind)).toThrow(expect.objectContaining({ code: 'RECORD_UNSUPPORTED' }));
});
