import { createHash } from 'node:crypto';
import { canonicalJson, type JsonValue } from '../base/canonical-json.ts';
import { MgitError } from '../base/errors.ts';
import { type CommitId, parseCommitId } from '../base/ids.ts';
import { parseRecipe } from './recipe/parse-recipe.ts';
import type { Recipe } from './recipe/recipe.ts';
import type { RuntimeDescription } from './runtime/describe-runtime.ts';

/**
 * What made a commit's model: everything needed to make it again. Stored as canonical JSON at `.mgit/runs/<sha256>.json`, and named by
 * the commit's trailer `Mgit-Run`.
 */
export interface RunRecord {
  readonly version: 1;
  /** The commit whose files the run began with. */
  readonly base: CommitId;
  /** Where the recipe was read, the digest of its text, and what it said with all settings applied. */
  readonly recipe: { readonly path: string; readonly digest: string; readonly content: Recipe };
  /** Of the data that was trained on; absent for a command that names none. */
  readonly data?: { readonly digest: string; readonly items?: number };
  readonly seed: number;
  readonly steps?: number;
  /** `provider` and `threads` are those of the embedded runtime; a command's own are its own. */
  readonly runtime: RuntimeDescription;
  readonly metrics: Readonly<Record<string, number>>;
  /** `sha256:<hex>` of the model file that was written. */
  readonly output: string;
  /** For people; never compared. */
  readonly seconds: number;
}

/** The folder of run records in the tree. */
export const RUNS_FOLDER = '.mgit/runs';

/** The trailer that names a commit's run record. */
export const RUN_TRAILER = 'Mgit-Run';

/** A record's bytes, the digest that names it, and its path in the tree. */
export function encodeRunRecord(record: RunRecord): {
  readonly text: string;
  readonly digest: string;
  readonly path: string;
} {
  const text = `${canonicalJson(record as unknown as JsonValue)}\n`;
  const digest = createHash('sha256').update(text).digest('hex');
  return { text, digest, path: runRecordPath(digest) };
}

/** Where a record lies in the tree. */
export function runRecordPath(digest: string): string {
  return `${RUNS_FOLDER}/${digest}.json`;
}

/** The digest of the record that a commit message names. */
export function runTrailer(message: string): string | undefined {
  const pattern = new RegExp(`^${RUN_TRAILER}: ([0-9a-f]{64})$`, 'gm');
  return [...message.matchAll(pattern)].at(-1)?.[1];
}

/** Reads a record and checks it against its name. Errors: `RUN_RECORD_INVALID`. */
export function parseRunRecord(bytes: Uint8Array, digest: string): RunRecord {
  if (createHash('sha256').update(bytes).digest('hex') !== digest)
    throw invalid(digest, 'its content does not have the digest that names it');
  try {
    const record = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as RunRecord;
    if (record.version !== 1) throw invalid(digest, `its version is ${String(record.version)}, not 1`);
    const content = parseRecipe(JSON.stringify(record.recipe.content), 'the recorded recipe');
    const isComplete = Number.isSafeInteger(record.seed) && typeof record.runtime === 'object';
    if (!isComplete) throw invalid(digest, 'seed or runtime is missing');
    return { ...record, base: parseCommitId(record.base), recipe: { ...record.recipe, content } };
  } catch (cause) {
    if (cause instanceof MgitError) throw cause;
    throw invalid(digest, cause instanceof Error ? cause.message : String(cause));
  }
}

function invalid(digest: string, problem: string): MgitError {
  return new MgitError(
    'RUN_RECORD_INVALID',
    `the run record ${digest.slice(0, 12)} cannot be used: ${problem}`,
  );
}
