import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { xorCodec } from '../../src/store/packs/codecs/xor.ts';
import { FLAG_ROTATED } from '../../src/store/packs/pack-index.ts';
import { createPackWriter } from '../../src/store/packs/pack-writer.ts';
import { RECORD_KINDS } from '../../src/store/packs/records.ts';
import { loadKernels } from '../../src/tensor/kernels/kernels.ts';
import { digestOf } from './layouts.ts';
import { temporaryDirectory, testPorts } from './world.ts';

/** Four BF16 values, and the same with one last bit changed. */
export const EXAMPLE_BASE = Uint8Array.of(0x80, 0x3f, 0x00, 0x40, 0x40, 0x40, 0x80, 0x40);
export const EXAMPLE_TUNED = Uint8Array.of(0x80, 0x3f, 0x01, 0x40, 0x40, 0x40, 0x80, 0x40);

/** The bytes of the pack that `docs/format.md` shows: one raw record and one XOR record against it. */
export async function examplePack(): Promise<Uint8Array> {
  await using home = await temporaryDirectory();
  const { fs } = testPorts(home.path);
  const writer = createPackWriter({
    fs,
    packs: join(home.path, 'packs'),
    temporary: join(home.path, 'tmp'),
    uniqueName: () => 'example',
    prepareTemporary: () => fs.makeDirectory(join(home.path, 'tmp')),
  });
  const raw = writer.place(EXAMPLE_BASE, EXAMPLE_BASE.length);
  const elements = { elementSize: 2, rotate: true };
  const coded = xorCodec.encode(EXAMPLE_TUNED, {
    kernels: await loadKernels(),
    elements,
    base: EXAMPLE_BASE,
  });
  const xor = writer.place(coded, EXAMPLE_TUNED.length);
  await Promise.all([raw.written, xor.written]);
  const base = digestOf(EXAMPLE_BASE);
  const plain = { kind: RECORD_KINDS.raw, elementSize: 1, flags: 0, parameters: new Uint8Array() };
  writer.record({ digest: base, length: 8, ...plain, frames: [raw.frame] });
  writer.record({
    digest: digestOf(EXAMPLE_TUNED),
    length: 8,
    kind: RECORD_KINDS.xor,
    elementSize: 2,
    flags: FLAG_ROTATED,
    parameters: Buffer.from(base, 'hex'),
    frames: [xor.frame],
  });
  const [id] = await writer.finish();
  return await readFile(join(home.path, 'packs', `${id}.pack`));
}

/** Bytes as lines of offset and 16 hexadecimal bytes. */
export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const words = [...bytes.subarray(at, at + 16)].map(byte => byte.toString(16).padStart(2, '0'));
    lines.push(`${at.toString(16).padStart(4, '0')}  ${words.join(' ')}`);
  }
  return lines.join('\n');
}
