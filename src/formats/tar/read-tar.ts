import { MgitError } from '../../base/errors.ts';
import type { ByteSource } from '../checkpoint.ts';

/** One file of an archive. */
export interface TarFile {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

const BLOCK = 512;
const MOST_FILES = 1_000_000;
const REGULAR = new Set(['0', '\0', '7']);

/** True for a file that begins with a member of this name, as a tar archive does; old ones have no other signature. */
export function beginsWithMember(head: Uint8Array, name: string): boolean {
  const text = Buffer.from(head.subarray(0, name.length + 1)).toString('latin1');
  return text === `${name}\0`;
}

/** The regular files of an uncompressed tar archive, in order. Errors: `TAR_INVALID`. Source: POSIX.1-2017, `pax`, ustar. */
export async function readTar(source: ByteSource): Promise<readonly TarFile[]> {
  const files: TarFile[] = [];
  for (let at = 0; at + BLOCK <= source.size; ) {
    const header = Buffer.from(await source.read(at, BLOCK));
    if (header.every(byte => byte === 0)) break;
    if (files.length === MOST_FILES) throw tarInvalid(`more than ${MOST_FILES} files`);
    const length = octal(header, 124, 12);
    checkSum(header);
    const offset = at + BLOCK;
    if (offset + length > source.size) throw tarInvalid('a file reaches behind the end');
    const name = textAt(header, 0, 100);
    if (REGULAR.has(String.fromCharCode(header[156] ?? 0))) files.push({ name, offset, length });
    at = offset + Math.ceil(length / BLOCK) * BLOCK;
  }
  return files;
}

function checkSum(header: Buffer): void {
  let sum = 8 * 0x20; // The field itself counts as spaces.
  for (const [at, byte] of header.entries()) if (at < 148 || at >= 156) sum += byte;
  if (sum !== octal(header, 148, 8)) throw tarInvalid('a header has the wrong checksum');
}

function octal(header: Buffer, at: number, length: number): number {
  const text = textAt(header, at, length).trim();
  if (!/^[0-7]{1,11}$/.test(text)) throw tarInvalid('a number is not octal');
  return Number.parseInt(text, 8);
}

function textAt(header: Buffer, at: number, length: number): string {
  const end = header.indexOf(0, at);
  return header.toString('utf8', at, end < 0 || end > at + length ? at + length : end);
}

function tarInvalid(problem: string): MgitError {
  return new MgitError('TAR_INVALID', `not a valid tar archive: ${problem}`, {
    hint: 'copy or download the file again',
  });
}
