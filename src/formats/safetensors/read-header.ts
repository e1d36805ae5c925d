import { MgitError } from '../../base/errors.ts';
import { freeMemory } from '../../base/free-memory.ts';
import { expectText } from '../../base/long-text.ts';
import type { ByteSource } from '../checkpoint.ts';
import { parseHeader, type SafetensorsHeader } from './header.ts';
import { SAFETENSORS_LIMITS, type SafetensorsLimits } from './limits.ts';

/** Bytes of the number that says how long the header is. */
const LENGTH_BYTES = 8;

/** A header together with where the data begins: its 8 length bytes and its JSON, padding included. */
export interface LocatedHeader extends SafetensorsHeader {
  readonly dataOffset: number;
}

/**
 * Reads the header of a safetensors file: `__metadata__` and the tensors in header order, not yet checked against the file. Errors:
 * `SAFETENSORS_TRUNCATED`, `SAFETENSORS_HEADER_TOO_LARGE`, and those of {@link parseHeader}.
 */
export async function readSafetensorsHeader(
  source: ByteSource,
  limits: SafetensorsLimits = SAFETENSORS_LIMITS,
): Promise<LocatedHeader> {
  const length = await readHeaderLength(source, limits);
  expectText(length);
  return { ...(await readJson(source, length, limits)), dataOffset: LENGTH_BYTES + length };
}

/** The text of a long header is freed as soon as it is read, where it is a copy. */
async function readJson(
  source: ByteSource,
  length: number,
  limits: SafetensorsLimits,
): Promise<SafetensorsHeader> {
  if (!source.readInto) return parseHeader(await source.read(LENGTH_BYTES, length), limits);
  const json = Buffer.allocUnsafeSlow(length);
  await source.readInto(json, LENGTH_BYTES);
  try {
    return parseHeader(json, limits);
  } finally {
    freeMemory(json);
  }
}

async function readHeaderLength(source: ByteSource, limits: SafetensorsLimits): Promise<number> {
  if (source.size < LENGTH_BYTES) throw truncated(`the file has ${source.size} bytes, fewer than a header`);
  const head = Buffer.from(await source.read(0, LENGTH_BYTES));
  const length = head.readBigUInt64LE();
  if (length > BigInt(limits.headerBytes))
    throw new MgitError(
      'SAFETENSORS_HEADER_TOO_LARGE',
      `the header claims ${length} bytes; at most ${limits.headerBytes} are read`,
      { hint: 'check that the file is a safetensors file and was copied completely' },
    );
  if (BigInt(LENGTH_BYTES) + length > BigInt(source.size))
    throw truncated(`the header claims ${length} bytes, but the file has ${source.size}`);
  return Number(length);
}

/** The error of a file that ends too early. */
export function truncated(problem: string): MgitError {
  return new MgitError('SAFETENSORS_TRUNCATED', problem, {
    hint: 'copy or download the file again',
  });
}
