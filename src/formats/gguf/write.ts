import { byteLength, type Dtype, valuesPerBlock } from '../../tensor/dtype.ts';
import type { CheckpointWriter, PlacedTensor, TensorSpec } from '../write/blueprint.ts';
import { exportImpossible, quoted } from '../write/impossible.ts';
import { GGUF_TYPES } from './types.ts';

const VERSION = 3;
/** Of each tensor's data, and of where the data begin. */
const ALIGNMENT = 32;
/** ggml's bounds: `GGML_MAX_DIMS`, and `GGML_MAX_NAME` with its final zero. */
const MOST = { dimensions: 4, nameBytes: 63 };
/** The type of a metadata value that is text. */
const STRING = 8;

const NUMBERS: ReadonlyMap<Dtype, number> = new Map(
  [...GGUF_TYPES].map(([number, dtype]) => [dtype, number]),
);

/**
 * A container of tensors for ggml. Programs that run a model ask for its `general.architecture` and more, which only the metadata given can tell.
 * Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, version 3.
 */
export const gguf: CheckpointWriter = {
  name: 'gguf',
  extensions: ['gguf'],
  holds: dtype => NUMBERS.has(dtype),
  layOut: (tensors, metadata) => {
    for (const tensor of tensors) refuseUnfit(tensor);
    const offsets = relativeOffsets(tensors);
    const header = Buffer.concat([
      Buffer.from('GGUF', 'latin1'),
      uint32(VERSION),
      uint64(tensors.length),
      uint64(Object.keys(metadata).length),
      ...Object.entries(metadata).flatMap(([key, value]) => [text(key), uint32(STRING), text(value)]),
      ...tensors.map((tensor, index) => tensorEntry(tensor, offsets[index] ?? 0)),
    ]);
    const start = aligned(header.length);
    const placed = tensors.map((tensor, index) => ({
      ...tensor,
      offset: start + (offsets[index] ?? 0),
      length: byteLength(tensor.dtype, tensor.shape),
    }));
    const size = start + (offsets.at(-1) ?? 0);
    const head = { offset: 0, bytes: Buffer.concat([header, Buffer.alloc(start - header.length)]) };
    return { size, tensors: placed, skeleton: () => [head, ...placed.flatMap(paddingAfter)] };
  },
};

function refuseUnfit({ name, shape, dtype }: TensorSpec): void {
  if (shape.length === 0 || shape.length > MOST.dimensions)
    throw exportImpossible(
      'gguf',
      `tensor ${quoted(name)} has ${shape.length} dimensions, and 1 to ${MOST.dimensions} are possible`,
      'leave it out with --tensor, or export as safetensors',
    );
  if (Buffer.byteLength(name) > MOST.nameBytes)
    throw exportImpossible(
      'gguf',
      `the name ${quoted(name)} is longer than ${MOST.nameBytes} bytes`,
      'shorten the names with --rename, or export as safetensors',
    );
  if ((shape.at(-1) ?? 1) % valuesPerBlock(dtype) !== 0)
    throw exportImpossible(
      'gguf',
      `the rows of ${quoted(name)} are no whole blocks of ${dtype}`,
      'leave it out with --tensor',
    );
}

/** Where each tensor's data begin, from where all data begin; then where the file ends. */
function relativeOffsets(tensors: readonly TensorSpec[]): readonly number[] {
  const offsets = [0];
  for (const { dtype, shape } of tensors)
    offsets.push(aligned((offsets.at(-1) ?? 0) + byteLength(dtype, shape)));
  return offsets;
}

/** Dimensions are written innermost first. */
function tensorEntry({ name, dtype, shape }: TensorSpec, offset: number): Buffer {
  return Buffer.concat([
    text(name),
    uint32(shape.length),
    ...shape.toReversed().map(uint64),
    uint32(NUMBERS.get(dtype) ?? 0),
    uint64(offset),
  ]);
}

function paddingAfter({ offset, length }: PlacedTensor): { offset: number; bytes: Uint8Array }[] {
  const end = offset + length;
  return aligned(end) === end ? [] : [{ offset: end, bytes: Buffer.alloc(aligned(end) - end) }];
}

function aligned(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}
