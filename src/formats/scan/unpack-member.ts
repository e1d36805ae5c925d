import { MgitError } from '../../base/errors.ts';
import { memoryByteSource } from '../byte-source.ts';
import type { ByteSource } from '../checkpoint.ts';
import type { ZipFile } from '../zip/read-archive.ts';
import { unpackedBytes } from '../zip/unpack-file.ts';

/** Bytes that may still be unpacked, of one member and of all: archives in archives could multiply without end. */
export interface UnpackBudget {
  readonly member: number;
  all: number;
}

/** What is inside a file of an archive. */
export interface Member {
  readonly source: ByteSource;
  /** Whether the file goes on where the budget ended. */
  readonly isCut: boolean;
}

/**
 * A file of an archive, unpacked in memory unless it is stored. `isWanted` looks at its beginning; undefined where it says no. Errors: `SCAN_INCOMPLETE` where
 * the budget is used up, `ZIP_INVALID`, `ZIP_UNSUPPORTED`.
 */
export async function unpackMember(
  archive: ByteSource,
  file: ZipFile,
  { budget, isWanted }: { readonly budget: UnpackBudget; readonly isWanted: (head: Uint8Array) => boolean },
): Promise<Member | undefined> {
  if (file.isStored) return { source: sliceOf(archive, file), isCut: false };
  const most = Math.min(budget.member, budget.all);
  const parts: Uint8Array[] = [];
  let done = 0;
  for await (const bytes of unpackedBytes(archive, file)) {
    if (done === 0 && !isWanted(bytes)) return undefined;
    if (most <= 0)
      throw scanIncomplete(file.name, 'is not unpacked any more: what came before was too large');
    parts.push(bytes);
    done += bytes.length;
    budget.all -= bytes.length;
    if (done > most) break;
  }
  return { source: memoryByteSource(Buffer.concat(parts).subarray(0, most)), isCut: done > most };
}

/** A run of bytes of a file, as a source. */
export function sliceOf(
  source: ByteSource,
  { offset, length }: { readonly offset: number; readonly length: number },
): ByteSource {
  return { size: length, read: (at, count) => source.read(offset + at, count) };
}

/** The error of a part that is not looked into for the sake of the limits. */
export function scanIncomplete(where: string, why: string): MgitError {
  return new MgitError('SCAN_INCOMPLETE', `${JSON.stringify(where.slice(0, 200))} ${why}`, {
    hint: 'unpack the file and scan what was in it',
  });
}
