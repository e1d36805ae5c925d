import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { type Digest, parseDigest } from '../../src/base/ids.ts';
import type { CheckpointLayout, ExtentSpan, TensorView } from '../../src/formats/checkpoint.ts';

/** SHA-256 of text or bytes. */
export function digestOf(data: string | Uint8Array): Digest {
  return parseDigest(createHash('sha256').update(data).digest('hex'));
}

interface Piece {
  readonly role: 'tensor' | 'skeleton';
  readonly elements: number;
  readonly names: readonly string[];
  readonly byteOrder: 'little' | 'big';
}

const piece: fc.Arbitrary<Piece> = fc.record({
  role: fc.constantFrom('tensor', 'tensor', 'skeleton'),
  elements: fc.nat(12),
  names: fc.array(fc.string({ unit: 'binary', maxLength: 8 }), { maxLength: 3 }),
  byteOrder: fc.constantFrom('little', 'little', 'big'),
});

/** Layouts of files of F32 tensors: plain, shared by several views, transposed, big-endian, empty, with skeleton between. */
export function layouts(): fc.Arbitrary<CheckpointLayout> {
  return fc.array(piece, { maxLength: 12 }).map(layoutOf);
}

function layoutOf(pieces: readonly Piece[]): CheckpointLayout {
  const extents: ExtentSpan[] = [];
  const tensors: TensorView[] = [];
  const taken = new Set<string>();
  let offset = 0;
  for (const { role, elements, names, byteOrder } of pieces) {
    const length = elements * 4;
    if (length === 0 && (role === 'skeleton' || isEmptyAt(extents.at(-1), offset))) continue;
    extents.push({ role, offset, length });
    const fresh = names.filter(name => role === 'tensor' && !taken.has(name) && Boolean(taken.add(name)));
    fresh.forEach((name, index) => {
      const shape = index % 2 ? [1, elements] : [elements];
      tensors.push({
        name,
        dtype: 'F32',
        shape,
        offset,
        byteOrder,
        ...(index === 2 ? { strides: [7, 1] } : {}),
      });
    });
    offset += length;
  }
  return { format: 'safetensors', size: offset, extents, tensors: tensors.map(sameRank) };
}

function isEmptyAt(span: ExtentSpan | undefined, offset: number): boolean {
  return span?.offset === offset && span.length === 0;
}

function sameRank(view: TensorView): TensorView {
  return view.strides && view.shape.length === 1 ? { ...view, shape: [1, ...view.shape] } : view;
}
