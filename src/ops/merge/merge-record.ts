import { createHash } from 'node:crypto';
import { canonicalJson, type JsonValue } from '../../base/canonical-json.ts';
import type { CommitId } from '../../base/ids.ts';
import type { MergeSettings } from '../../merge/merge-settings.ts';
import { METHODS } from '../../merge/methods/registry.ts';
import type { TreeFile } from '../../store/history/history.ts';
import { addFooter } from '../history/footer.ts';
import type { Repository } from '../repository.ts';
import type { ModelReport } from './models.ts';

/** What a merge record says (`.mgit/merges/<sha256>.json`). */
export interface MergeRecordContent {
  readonly bases: readonly CommitId[];
  readonly parents: readonly CommitId[];
  /** What the user called the merged revisions. */
  readonly revisions: readonly string[];
  readonly settings: MergeSettings;
  /** What was replayed, where this is no merge of branches. */
  readonly replay?: ReplayedChange;
  /** The versions that were averaged, the oldest first, where this is no merge of branches. */
  readonly averaged?: readonly CommitId[];
  readonly models: readonly ModelReport[];
  /** The text of the recipe that said how, if there was one. */
  readonly recipe?: string;
  readonly search?: SearchSummary;
  readonly measured?: MeasuredSummary;
}

/** What was measured on data for the merge's methods, where and on what. */
export interface MeasuredSummary {
  readonly methods: readonly string[];
  /** SHA-256 of the data of each side, ours being 0. */
  readonly data: readonly { readonly side: number; readonly digest: string }[];
  /** Of each kind of measurement, or of all. */
  readonly examples: number | Readonly<Record<string, number>>;
  readonly seed: number;
  readonly runtime: Readonly<Record<string, string | number>>;
}

/** The search that chose the merge's parameters, or the revisions that are merged. */
export interface SearchSummary {
  readonly kind: string;
  /** The gate on whose development data trials were scored. */
  readonly gate: string;
  readonly metric: string;
  readonly score: number;
  readonly trials: number;
  readonly seed: number;
  /** SHA-256 that names everything that decides which trials there are and how they are scored. */
  readonly id: string;
}

/** The commit whose change was added (`revert`: taken away) to the record's parent; its base is where that change begins. */
export interface ReplayedChange {
  readonly operation: 'cherry-pick' | 'revert' | 'rebase';
  readonly commit: CommitId;
  readonly scale: number;
}

/** A merge record as a file of the merged tree, and its name in the commit's trailer. */
export interface MergeRecord {
  readonly file: TreeFile;
  readonly digest: string;
}

/** Writes a merge record: canonical JSON, named by its SHA-256, so that records of parallel branches never collide. */
export async function writeMergeRecord(
  repository: Repository,
  content: MergeRecordContent,
): Promise<MergeRecord> {
  const bytes = Buffer.from(canonicalJson(recordOf(content)));
  const digest = createHash('sha256').update(bytes).digest('hex');
  const id = await repository.history.writeBlob(bytes);
  return { digest, file: { path: `.mgit/merges/${digest}.json`, mode: 0o100644, id } };
}

function recordOf(content: MergeRecordContent): JsonValue {
  const { bases, parents, revisions, settings, replay, averaged, models, recipe, search, measured } = content;
  const used = new Set(models.flatMap(model => model.tensors.map(tensor => tensor.method)));
  const kernels = METHODS.flatMap(method =>
    method.kind === 'compute' && used.has(method.name) ? [[method.name, method.kernels]] : [],
  );
  return {
    version: 1,
    method: settings.method ?? 'linear',
    parameters: { ...settings.parameters },
    rules: (settings.rules ?? []).map(rule => ({ ...rule })) as readonly JsonValue[],
    kernels: Object.fromEntries(kernels),
    ...(bases.length > 1 ? { bases } : { base: bases[0] ?? null }),
    parents,
    revisions,
    ...(replay ? { replay: { ...replay } } : {}),
    ...(averaged ? { averaged } : {}),
    ...(recipe === undefined ? {} : { recipe }),
    ...(search ? { search: { ...search } } : {}),
    ...(measured ? { measured: { ...measured } } : {}),
    models: models.map(boundedReport),
  };
}

/** Tensors that a record tells of one by one; it is read whole, and stays in history for ever. */
const MOST_TENSORS = 10_000;

function boundedReport({ path, counts, tensors }: ModelReport): JsonValue {
  return {
    path,
    counts,
    tensors: tensors.slice(0, MOST_TENSORS),
    omittedTensors: Math.max(0, tensors.length - MOST_TENSORS),
  };
}

/** Adds the trailer that names a merge record; what names the record of a commit that this one replays goes. */
export function withRecordTrailer(message: string, digest: string): string {
  const others = message.split('\n').filter(line => !/^Mgit-Merge: [0-9a-f]{64}$/.test(line));
  return addFooter(others.join('\n'), `Mgit-Merge: ${digest}`);
}
