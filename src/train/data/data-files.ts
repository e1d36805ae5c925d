import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { FileSystem } from '../../base/ports/file-system.ts';
import { corrupt } from './idx.ts';

/** Which part of a data set: told by the names of its files. */
export type Split = 'train' | 'test';

/** A data file, decompressed. */
export interface DataFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Decompressed data is held in memory: this is the most that one file may need. */
const LARGEST_FILE = 2 ** 31 - 1;

const SPLIT_PATTERNS: readonly (readonly [Split, RegExp])[] = [
  ['test', /(?:^|[-_.])(?:t10k|test|val|validation)(?:[-_.]|$)/i],
  ['train', /(?:^|[-_.])(?:train|training|data_batch_\d+)(?:[-_.]|$)/i],
];

/**
 * The files of a split, sorted by name and decompressed where they are gzip. `path` is a folder, or one of the files itself. Where
 * no name says which split a file belongs to, all files of the folder do. Errors: `DATA_MISSING`, `DATA_CORRUPT`.
 */
export async function readDataFiles(
  fs: FileSystem,
  path: string,
  split: Split,
): Promise<readonly DataFile[]> {
  const names = await namesIn(fs, path);
  const isMarked = names.some(name => splitOf(name) !== undefined);
  const chosen = isMarked ? names.filter(name => splitOf(name) === split) : names;
  if (chosen.length === 0)
    throw new MgitError('DATA_MISSING', `${path} holds no files of the split ${split}`, {
      hint: `put the data there: IDX or CIFAR-10 binary files whose names contain ${split === 'test' ? 'test or t10k' : 'train or data_batch_'}`,
    });
  const folder = (await isFile(fs, path)) ? dirname(path) : path;
  return Promise.all(
    chosen.map(async name => ({
      name,
      bytes: await decompressed(await fs.readFile(join(folder, name)), name),
    })),
  );
}

/** A digest of data: `sha256:` and the SHA-256 of the files' SHA-256 digests in hex, one per line, in the order of their names. */
export function dataDigest(files: readonly DataFile[]): string {
  const whole = createHash('sha256');
  for (const { bytes } of files) whole.update(`${createHash('sha256').update(bytes).digest('hex')}\n`);
  return `sha256:${whole.digest('hex')}`;
}

/** The split that a file's name speaks of. */
export function splitOf(name: string): Split | undefined {
  return SPLIT_PATTERNS.find(([, pattern]) => pattern.test(name))?.[0];
}

async function namesIn(fs: FileSystem, path: string): Promise<readonly string[]> {
  if (await isFile(fs, path)) return [basename(path)];
  const entries = await fs.readDirectory(path);
  return entries
    .filter(({ name, kind }) => kind !== 'directory' && !name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
}

async function isFile(fs: FileSystem, path: string): Promise<boolean> {
  try {
    return (await fs.stat(path)).kind === 'file';
  } catch (cause) {
    if (!isSystemError(cause, 'ENOENT', 'ENOTDIR')) throw cause;
    throw new MgitError('DATA_MISSING', `there is no data at ${path}`, {
      cause,
      hint: 'correct the path of the data, or put the data there',
    });
  }
}

async function decompressed(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: LARGEST_FILE });
  } catch (cause) {
    throw corrupt(name, cause instanceof Error ? cause.message : String(cause));
  }
}
