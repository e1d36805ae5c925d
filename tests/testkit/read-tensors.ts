/** A tensor as it lies in a safetensors file. */
export interface ReadTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** All tensors of a safetensors file, by name: an independent reading, without checks. */
export function readTensors(file: Uint8Array): ReadonlyMap<string, ReadTensor> {
  const buffer = Buffer.from(file);
  const start = 8 + Number(buffer.readBigUInt64LE(0));
  const header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }> =
    JSON.parse(buffer.toString('utf8', 8, start));
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
  return new Map(
    entries.map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => [name, { dtype, shape, bytes: new Uint8Array(buffer.subarray(start + from, start + to)) }],
    ),
  );
}
