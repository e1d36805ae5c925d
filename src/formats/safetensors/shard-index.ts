import { isUtf8 } from 'node:buffer';
import { MgitError } from '../../base/errors.ts';
import { expectEnd, failJson, type JsonCursor, readObject, readString, skipValue } from '../json-scanner.ts';
import { SAFETENSORS_LIMITS } from './limits.ts';

/** How index files end, after the model's name: `model.safetensors.index.json`. */
export const SHARD_INDEX_SUFFIX = '.safetensors.index.json';

/** Whether a path is that of an index file. */
export function isShardIndexPath(path: string): boolean {
  return path.endsWith(SHARD_INDEX_SUFFIX);
}

/** Which shard holds each tensor of a model. Shards are paths relative to the index's folder, with `/`. */
export type ShardIndex = ReadonlyMap<string, string>;

/** A tensor of a sharded model: a view of a file's bytes, or a line of a manifest. */
export interface ShardedTensor<View> {
  readonly shard: string;
  readonly view: View;
}

/** Reads an index file's `weight_map`. Errors: `SHARD_INDEX_INVALID`, which names what is wrong. */
export function parseShardIndex(bytes: Uint8Array): ShardIndex {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cursor: JsonCursor = { text, code: 'SHARD_INDEX_INVALID', at: 0, subject: 'shard index' };
  if (text.length > SAFETENSORS_LIMITS.headerBytes)
    failJson(cursor, `the index has more than ${SAFETENSORS_LIMITS.headerBytes} bytes, counted`);
  if (!isUtf8(text)) failJson(cursor, 'the index is not valid UTF-8, which must begin');
  let shards: ShardIndex | undefined;
  readObject(cursor, key => {
    if (key === 'weight_map') shards = readWeightMap(cursor);
    else skipValue(cursor);
  });
  expectEnd(cursor);
  return shards ?? failJson(cursor, 'weight_map is missing');
}

function readWeightMap(cursor: JsonCursor): ShardIndex {
  const shards = new Map<string, string>();
  readObject(cursor, name => {
    const shard = readString(cursor);
    if (!isInnerPath(shard))
      failJson(cursor, `${JSON.stringify(shard.slice(0, 200))} is no path inside the model's folder`);
    shards.set(name, shard);
  });
  return shards;
}

/** False for a path that leads out of its folder, or is no path with `/`. */
export function isInnerPath(path: string): boolean {
  const segments = path.split('/');
  return segments.every(
    segment => segment !== '' && segment !== '.' && segment !== '..' && !/[\\:\0]/.test(segment),
  );
}

/**
 * The tensors of a sharded model by name. `shards` holds the tensors of each shard that was found. Errors: `SHARD_INDEX_MISMATCH` when a shard or
 * a tensor is missing, is in another shard than the index says, or is in no index; `details.problems` lists all.
 */
export function resolveShards<View extends { readonly name: string }>(
  index: ShardIndex,
  shards: ReadonlyMap<string, Iterable<View>>,
): ReadonlyMap<string, ShardedTensor<View>> {
  const found = new Map<string, ShardedTensor<View>>();
  const problems = missingShards(index, shards);
  for (const [shard, views] of shards)
    for (const view of views) {
      const expected = index.get(view.name);
      if (expected === shard) found.set(view.name, { shard, view });
      else problems.push(misplaced(view.name, shard, expected));
    }
  for (const [name, shard] of index)
    if (!found.has(name) && shards.has(shard))
      problems.push(`tensor ${JSON.stringify(name)} is not in ${shard}`);
  if (problems.length > 0) throw mismatch(problems);
  return found;
}

function missingShards(index: ShardIndex, shards: ReadonlyMap<string, unknown>): string[] {
  return [...new Set(index.values())]
    .filter(shard => !shards.has(shard))
    .map(shard => `shard ${shard} is missing`);
}

function misplaced(name: string, shard: string, expected: string | undefined): string {
  const where = expected === undefined ? 'which the index does not name' : `but the index says ${expected}`;
  return `${shard} holds tensor ${JSON.stringify(name)}, ${where}`;
}

function mismatch(problems: readonly string[]): MgitError {
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return new MgitError('SHARD_INDEX_MISMATCH', `${problems[0]}${more}`, {
    hint: 'copy all shards and the index from the same version of the model',
    details: { problems },
  });
}
