import { safetensors } from '../../../../src/formats/safetensors/format.ts';
import { f32, rawSafetensorsFile, safetensorsFile } from '../../safetensors-file.ts';
import { parseCheckpoint } from '../parse-checkpoint.ts';
import type { FuzzTarget } from '../target.ts';

/** Safetensors files. */
export default {
  seeds: () => [
    rawSafetensorsFile('{}'),
    safetensorsFile([
      { name: 'a', dtype: 'F32', shape: [2], data: f32(1, 2) },
      { name: 'b', dtype: 'BF16', shape: [1, 2], data: Uint8Array.of(1, 2, 3, 4) },
      { name: 'c', dtype: 'BOOL', shape: [], data: Uint8Array.of(1) },
    ]),
    safetensorsFile([{ name: 'é\n', dtype: 'F64', shape: [0], data: f32() }], { format: 'pt' }),
  ],
  parse: input => parseCheckpoint(safetensors, input),
  reseal,
  words: [
    '__metadata__',
    '"dtype":"F4"',
    '"shape":[]',
    '"data_offsets":[0,0]',
    'F8_E4M3',
    '\\u0000',
    '\\ud800',
  ],
} satisfies FuzzTarget;

/** Makes the length of the header that of its JSON, as far as braces tell. */
function reseal(input: Uint8Array): Uint8Array {
  const file = Buffer.from(input);
  const end = file.lastIndexOf('}');
  if (end >= 8 && file.length % 4 !== 0) file.writeBigUInt64LE(BigInt(end + 1 - 8));
  return file;
}
