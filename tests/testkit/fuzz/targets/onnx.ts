import { memoryByteSource } from '../../../../src/formats/byte-source.ts';
import { externalLayout } from '../../../../src/formats/onnx/external-data.ts';
import { onnx } from '../../../../src/formats/onnx/format.ts';
import { checkManifest, parseCheckpoint } from '../parse-checkpoint.ts';
import type { FuzzTarget } from '../target.ts';

/** As `first-inputs.py` names it. */
const DATA_FILE = { name: 'weights.bin', size: 1024 };

/** ONNX models, and the file of external data that they describe. */
export default {
  seeds: () => [],
  parse: async input => {
    await parseCheckpoint(onnx, input);
    const layout = await externalLayout(memoryByteSource(input), DATA_FILE);
    if (layout) checkManifest(layout);
  },
  words: [
    'location',
    'offset',
    'length',
    Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01),
  ],
} satisfies FuzzTarget;
