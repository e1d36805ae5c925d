import { join } from 'node:path';
import { isSystemError } from '../../../base/errors.ts';
import type { ObjectId } from '../../../base/ids.ts';
import type { FileSystem } from '../../../base/ports/file-system.ts';
import { takeLock } from './lock-file.ts';
import type { RefFiles } from './ref-files.ts';

/** Reads `packed-refs`: ref to id, without what tags peel to. */
export async function readPackedRefs(
  fs: FileSystem,
  commonDirectory: string,
): Promise<ReadonlyMap<string, ObjectId>> {
  const refs = new Map<string, ObjectId>();
  for (const line of (await readLines(fs, commonDirectory)) ?? []) {
    const match = /^([0-9a-f]{40,64}) (.+)$/.exec(line);
    if (match) refs.set(match[2] as string, match[1] as ObjectId);
  }
  return refs;
}

/** Removes refs from `packed-refs` under its lock; a file without them is left alone. Errors: `REF_LOCKED`. */
export async function removePackedRefs(files: RefFiles, refs: ReadonlySet<string>): Promise<void> {
  const { fs } = files.ports;
  const path = join(files.commonDirectory, 'packed-refs');
  const packed = await readPackedRefs(fs, files.commonDirectory);
  if (![...refs].some(ref => packed.has(ref))) return;
  const lock = await takeLock(files.ports, path, 'packed-refs');
  try {
    const lines = (await readLines(fs, files.commonDirectory)) ?? [];
    await lock.write(withoutRefs(lines, refs).join('\n'));
    await lock.commit();
  } finally {
    await lock.release();
  }
}

/** A `^` line belongs to the ref before it. */
function withoutRefs(lines: readonly string[], refs: ReadonlySet<string>): string[] {
  let removing = false;
  return lines.filter(line => {
    if (line.startsWith('^')) return !removing;
    removing = refs.has(line.slice(line.indexOf(' ') + 1)) && !line.startsWith('#');
    return !removing;
  });
}

async function readLines(fs: FileSystem, commonDirectory: string): Promise<readonly string[] | undefined> {
  try {
    const bytes = await fs.readFile(join(commonDirectory, 'packed-refs'));
    return Buffer.from(bytes).toString('utf8').split('\n');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
