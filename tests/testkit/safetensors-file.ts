import { writeSafetensorsHeader } from '../../src/formats/safetensors/write-header.ts';
import type { TensorSpec } from '../../src/formats/write/blueprint.ts';

/** A tensor with its data. */
export interface TensorWithData extends TensorSpec {
  readonly data: Uint8Array;
}

/** The bytes of a safetensors file with these tensors. */
export function safetensorsFile(
  tensors: readonly TensorWithData[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const { bytes } = writeSafetensorsHeader(tensors, metadata);
  return new Uint8Array(Buffer.concat([bytes, ...tensors.map(tensor => tensor.data)]));
}

/** The bytes of a file with this header, well-formed or not, and this many zero bytes of data. */
export function rawSafetensorsFile(header: string | Uint8Array, dataLength = 0): Uint8Array {
  const json = Buffer.from(header as string);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataLength)]);
}

/** Little-endian F32 data. */
export function f32(...values: number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}
