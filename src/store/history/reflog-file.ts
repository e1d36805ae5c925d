import { join } from 'node:path';
import { isSystemError } from '../../base/errors.ts';
import type { ObjectId } from '../../base/ids.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import type { ReflogEntry } from './history.ts';
import { formatSignature, parseSignature } from './objects/signature.ts';

/** Reads the log of a ref, newest first; a ref without one has no entries. `root` is the Git directory that holds the ref. */
export async function readReflog(fs: FileSystem, root: string, ref: string): Promise<readonly ReflogEntry[]> {
  try {
    const bytes = await fs.readFile(join(root, 'logs', ref));
    return parseReflog(Buffer.from(bytes).toString('utf8')).reverse();
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return [];
    throw error;
  }
}

/** Parses a log, oldest first; lines that are no entries are passed over, as Git does. */
export function parseReflog(text: string): ReflogEntry[] {
  return text.split('\n').flatMap(line => {
    const match = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) ([^\t]*)(?:\t(.*))?$/.exec(line);
    if (!match) return [];
    const [, from = '', to = '', who = '', message = ''] = match;
    return [{ old: from as ObjectId, new: to as ObjectId, who: parseSignature(who), message }];
  });
}

/** One line of a log. White space in the message is folded, as Git does. */
export function formatReflogEntry(entry: ReflogEntry): string {
  const message = entry.message.replace(/\s+/g, ' ').trim();
  const rest = message === '' ? '' : `\t${message}`;
  return `${entry.old} ${entry.new} ${formatSignature(entry.who)}${rest}\n`;
}
