import { createHash } from 'node:crypto';
import { MgitError } from '../../base/errors.ts';
import { schemaValidator } from '../../base/json-schema.ts';
import type { Commit } from '../../store/history/history.ts';
import type { Repository } from '../repository.ts';
import type { MeasuredSummary, ReplayedChange, SearchSummary } from './merge-record.ts';
import type { ModelReport } from './models.ts';

/** A merge record of a commit, as `schema/merge-record.schema.json` has it. */
export interface StoredMergeRecord {
  readonly version: 1;
  readonly method: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The merge base of a merge, or where a replayed change begins; `bases` where there were several. */
  readonly base?: string | null;
  readonly bases?: readonly string[];
  readonly parents: readonly string[];
  readonly revisions: readonly string[];
  readonly replay?: ReplayedChange;
  readonly measured?: MeasuredSummary;
  readonly averaged?: readonly string[];
  readonly search?: SearchSummary;
  readonly models: readonly (ModelReport & { readonly omittedTensors?: number })[];
}

const TRAILER = /^Mgit-Merge: ([0-9a-f]{64})$/gm;

/** The record that a commit's trailer names; undefined where there is none. Anybody may have written it. Errors: `MERGE_RECORD_INVALID`. */
export async function readMergeRecord(
  { history }: Repository,
  { tree, message }: Pick<Commit, 'tree' | 'message'>,
): Promise<StoredMergeRecord | undefined> {
  const digest = [...message.matchAll(TRAILER)].at(-1)?.[1];
  if (digest === undefined) return undefined;
  const file = await history.findInTree(tree, `.mgit/merges/${digest}.json`);
  return file && parseRecord(digest, await history.readBlob(file.id));
}

function parseRecord(digest: string, bytes: Uint8Array): StoredMergeRecord {
  if (createHash('sha256').update(bytes).digest('hex') !== digest)
    throw invalid(digest, 'its content does not have the digest that names it');
  const record = parseJson(digest, bytes);
  const validate = schemaValidator('merge-record.schema.json');
  if (validate(record)) return record as StoredMergeRecord;
  const [error] = validate.errors ?? [];
  throw invalid(digest, `${error?.instancePath ?? ''} ${error?.message ?? 'is wrong'}`.trim());
}

function parseJson(digest: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw invalid(digest, cause instanceof Error ? cause.message : String(cause));
  }
}

function invalid(digest: string, problem: string): MgitError {
  return new MgitError(
    'MERGE_RECORD_INVALID',
    `the merge record ${digest.slice(0, 12)} cannot be used: ${problem}`,
    {
      hint: 'the commit itself is whole: "mgit verify" recomputes what it merged',
    },
  );
}
