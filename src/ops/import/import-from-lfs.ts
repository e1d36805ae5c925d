import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { Repository } from '../repository.ts';
import { defaultRemote } from '../transfer/upstream.ts';
import { attributeEditor, type Declaration } from './attributes.ts';
import { type BrokenVersion, refuseBroken } from './broken.ts';
import { type Contents, type LfsVersion, tellContents } from './contents.ts';
import { type Conversion, convertVersions } from './convert.ts';
import { openJournal } from './journal.ts';
import { type LfsSource, lfsSource } from './lfs-source.ts';
import { type MovedRef, moveRefs, refuseUnready, rewrittenRefs } from './move-refs.ts';
import { type RewrittenHistory, rewriteHistory } from './rewrite-history.ts';
import { treeRewriter } from './rewrite-trees.ts';
import { type Selection, selection } from './selection.ts';
import { type Survey, surveyHistory } from './survey.ts';

/** What to import. Globs are as in `.gitattributes` at the root. */
export interface ImportOptions extends LongOperation {
  /** Without any, names that checkpoints usually have. */
  readonly globs: readonly string[];
  readonly exclude: readonly string[];
  /** Where Git LFS objects come from that are not here; default: the usual remote. */
  readonly remote?: string | undefined;
  /** Versions whose bytes are not to be had, or that no format reads, stay as they are. */
  readonly leaveBroken: boolean;
  /** Say what would be done, and change nothing. */
  readonly dryRun: boolean;
}

/** What an import did, or would do. */
export interface ImportResult {
  readonly isDone: boolean;
  /** Commits that were looked at, and those that were rewritten. */
  readonly commits: number;
  readonly rewritten: number;
  /** Distinct contents of files: kept by Git LFS, and by Git itself. */
  readonly fromLfs: number;
  readonly fromGit: number;
  /** Bytes of the models that were stored, and what they take in packs. */
  readonly bytes: number;
  readonly storedBytes: number;
  readonly refs: readonly MovedRef[];
  readonly droppedSignatures: number;
  /** Versions that stay as they are. */
  readonly left: readonly BrokenVersion[];
}

/**
 * Rewrites the history of all branches and tags: files kept by Git LFS, or by Git itself, become models. Authors, dates, messages, merges
 * and all other files stay; signatures do not. Everything is stored first, then all refs move in one transaction, and index and work tree
 * follow. An interrupted import is continued by the next. Errors: `NOTHING_TO_IMPORT`, `LFS_OBJECTS_MISSING`, `IMPORT_UNREADABLE`,
 * `HISTORY_SHALLOW`, `LOCAL_CHANGES`, `BRANCH_PROTECTED`, `BRANCH_CHECKED_OUT`, `MERGE_IN_PROGRESS`, `REF_CONFLICT`.
 */
export async function importFromLfs(repository: Repository, options: ImportOptions): Promise<ImportResult> {
  const { history } = repository;
  const refs = await rewrittenRefs(repository);
  await refuseUnready(repository, refs, options);
  const chosen = selection(options.globs, options.exclude);
  const survey = await surveyHistory(history, refs.tips, { ...chosen, ...long(options) });
  const contents = await tellContents(history, survey.versions);
  if (contents.models.length === 0 && contents.broken.length === 0) throw nothingToImport(chosen);
  const source = await lfsSource(repository, options.remote ?? (await defaultRemote(history)));
  const wanted = await available(contents, source, options);
  if (options.dryRun) return resultOf({ survey, wanted, isDone: false });
  return store(repository, { refs, chosen, survey, wanted, source }, options);
}

interface Wanted {
  readonly models: Contents['models'];
  readonly left: readonly BrokenVersion[];
}

interface Plan {
  readonly refs: Awaited<ReturnType<typeof rewrittenRefs>>;
  readonly chosen: Selection;
  readonly survey: Survey;
  readonly wanted: Wanted;
  readonly source: LfsSource;
}

async function store(repository: Repository, plan: Plan, options: ImportOptions): Promise<ImportResult> {
  await using journal = await openJournal(repository);
  const setting = { ...long(options), source: plan.source, journal };
  const conversion = await convertVersions(repository, plan.wanted.models, setting);
  if (conversion.broken.length > 0 && !options.leaveBroken)
    throw refuseBroken('IMPORT_UNREADABLE', conversion.broken);
  const rewritten = await rewrite(repository, plan, conversion, options);
  const { noteTree } = journal;
  const moving = { ...long(options), noteTree };
  const refs = await moveRefs(repository, { refs: plan.refs, objects: rewritten.objects }, moving);
  await journal.remove();
  return resultOf({ ...plan, conversion, rewritten, refs, isDone: true });
}

/** What can be had. Errors: `LFS_OBJECTS_MISSING`. */
async function available(contents: Contents, source: LfsSource, options: ImportOptions): Promise<Wanted> {
  const pointers = contents.models.flatMap(version => ('pointer' in version ? [version.pointer] : []));
  const absent = new Set((await source.absent(pointers, long(options))).map(({ oid }) => oid));
  const models: (typeof contents.models)[number][] = [];
  const left = [...contents.broken];
  for (const version of contents.models)
    if ('pointer' in version && absent.has(version.pointer.oid)) left.push(absentVersion(version));
    else models.push(version);
  if (left.length > 0 && !options.leaveBroken) throw refuseBroken('LFS_OBJECTS_MISSING', left);
  return { models, left };
}

function absentVersion({ pointer, ...version }: LfsVersion): BrokenVersion {
  const message = 'it is neither here nor on the remote';
  return { ...version, oid: pointer.oid, code: 'LFS_OBJECT_MISSING', message };
}

function rewrite(
  { history }: Repository,
  { refs, chosen, survey, wanted }: Plan,
  { manifests, broken }: Conversion,
  options: ImportOptions,
): Promise<RewrittenHistory> {
  const editor = attributeEditor(chosen, survey);
  const left = new Map([...wanted.left, ...broken].map(version => [version.id, declarationOf(version)]));
  const rewriteTree = treeRewriter(history, { selects: chosen.selects, manifests, left, editor });
  const { commits } = survey;
  return rewriteHistory(history, { commits, tags: refs.tags }, { ...long(options), rewriteTree });
}

function declarationOf({ oid, code }: BrokenVersion): Declaration {
  return oid !== undefined || code === 'LFS_POINTER_UNSUPPORTED' ? 'lfs' : 'plain';
}

interface Outcome {
  readonly survey: Survey;
  readonly wanted: Wanted;
  readonly isDone: boolean;
  readonly conversion?: Conversion;
  readonly rewritten?: RewrittenHistory;
  readonly refs?: readonly MovedRef[];
}

function resultOf({ survey, wanted, isDone, conversion, rewritten, refs }: Outcome): ImportResult {
  const broken = conversion?.broken ?? [];
  const failed = new Set(broken.map(({ id }) => id));
  const models = wanted.models.filter(({ id }) => !failed.has(id));
  const fromLfs = models.filter(version => 'pointer' in version).length;
  return {
    isDone,
    commits: survey.commits.length,
    rewritten: rewritten?.commits ?? 0,
    fromLfs,
    fromGit: models.length - fromLfs,
    bytes: conversion?.bytes ?? 0,
    storedBytes: conversion?.storedBytes ?? 0,
    refs: refs ?? [],
    droppedSignatures: rewritten?.droppedSignatures ?? 0,
    left: [...wanted.left, ...broken],
  };
}

function long({ onEvent, signal }: LongOperation): LongOperation {
  return { ...(onEvent ? { onEvent } : {}), ...(signal ? { signal } : {}) };
}

function nothingToImport({ globs }: Selection): MgitError {
  return new MgitError(
    'NOTHING_TO_IMPORT',
    `no branch or tag has a model to import under ${globs.join(' ')}`,
    {
      hint: 'name the files: mgit import --from-lfs <glob>...',
    },
  );
}
