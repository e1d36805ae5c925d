import { MgitError } from '../../base/errors.ts';
import type { ByteSource } from '../checkpoint.ts';
import { parseGrowing } from '../growing-window.ts';
import { pickleCursor, pickleInvalid } from './cursor.ts';
import { judgeGlobal } from './judge-global.ts';
import { PICKLE_LIMITS } from './limits.ts';
import { type OnGlobal, pickleMachine } from './machine.ts';
import { OPCODES } from './opcodes.ts';
import type { PickleValue } from './values.ts';

const STOP = 0x2e;

/** A pickle as data, and where it ends. */
export interface ReadPickle {
  readonly value: PickleValue;
  /** The offset of the first byte behind it. */
  readonly end: number;
}

/** How a pickle is read. */
export interface PickleOptions {
  /** Where the bytes begin in their file. */
  readonly origin?: number;
  /** Instead of {@link refuseDangerous}. */
  readonly onGlobal?: OnGlobal;
}

/**
 * Reads one pickle of any protocol at the start of `bytes` without executing anything: what a pickle asks to import or to call is only
 * noted. Time and memory are bounded by its length and {@link PICKLE_LIMITS}. Errors: `PICKLE_DANGEROUS`, `PICKLE_INVALID`, `PICKLE_TRUNCATED`,
 * `PICKLE_TOO_LARGE`.
 */
export function parsePickle(bytes: Uint8Array, options: PickleOptions = {}): ReadPickle {
  const origin = options.origin ?? 0;
  const cursor = pickleCursor(bytes, origin);
  const machine = pickleMachine(cursor, options.onGlobal ?? refuseDangerous);
  for (;;) {
    const opcode = cursor.byte();
    if (opcode === STOP) return { value: machine.pop(), end: origin + cursor.at };
    const perform = OPCODES.get(opcode);
    if (!perform)
      throw pickleInvalid(`unknown opcode 0x${opcode.toString(16).padStart(2, '0')}`, cursor.at - 1);
    perform(machine);
  }
}

/** Refuses a pickle as soon as it names something that no checkpoint needs and that runs code when Python loads it. Errors: `PICKLE_DANGEROUS`. */
export function refuseDangerous(module: string, name: string): void {
  if (judgeGlobal(module, name) !== 'dangerous') return;
  const what = printable(`${module}.${name}`);
  throw new MgitError('PICKLE_DANGEROUS', `the pickle would call ${what} when Python loads it`, {
    hint: 'do not load this file; ask its author for a safetensors file',
    details: { global: what },
  });
}

function printable(name: string): string {
  return JSON.stringify(name.slice(0, 200)).slice(1, -1);
}

/** The pickle at `offset` of a file that may go on behind it. Errors as {@link parsePickle}. */
export function readPickleAt(
  source: ByteSource,
  offset: number,
  options: Pick<PickleOptions, 'onGlobal'> = {},
): Promise<ReadPickle> {
  const window = { offset, most: PICKLE_LIMITS.bytes, truncated: 'PICKLE_TRUNCATED' };
  return parseGrowing(source, window, bytes => parsePickle(bytes, { ...options, origin: offset }));
}
