import { type CommitId, parseCommitId } from '../../base/ids.ts';
import type { Commit, TreeFile } from '../../store/history/history.ts';
import { finishMessage } from '../history/commit-message.ts';
import { brokenShards } from '../history/shard-consistency.ts';
import type { Repository } from '../repository.ts';
import {
  type MeasuredSummary,
  type SearchSummary,
  withRecordTrailer,
  writeMergeRecord,
} from './merge-record.ts';
import type { ModelReport } from './models.ts';
import type { MergeSituation } from './situation.ts';

/** The ref of a candidate that has not landed. */
export function candidateRef(commit: CommitId): string {
  return `refs/mgit/candidates/${commit}`;
}

/** Publishes a candidate to the repository: it may be gated, looked at and landed. */
export async function writeCandidateRef(repository: Repository, commit: CommitId): Promise<void> {
  await repository.history.updateRefs([{ ref: candidateRef(commit), target: commit }], 'merge: candidate');
}

/** The candidates with exactly these parents: of this merge made before, and interrupted or held back. */
export async function candidatesOf(
  { history }: Repository,
  parents: readonly CommitId[],
): Promise<readonly Commit[]> {
  const found: Commit[] = [];
  for (const { id } of await history.listRefs('refs/mgit/candidates/')) {
    const commit = await history.readCommit(parseCommitId(id));
    if (String(commit.parents) === String(parents)) found.push(commit);
  }
  return found;
}

/** What a merge commit is made of. */
export interface CandidateContent {
  readonly files: readonly TreeFile[];
  readonly models: readonly ModelReport[];
  readonly message: string;
  /** The text of the recipe that said how, if there was one. */
  readonly recipe?: string;
  readonly search?: SearchSummary;
  readonly measured?: MeasuredSummary;
}

/**
 * Writes the merge commit with its record, and its candidate ref; the branch stays where it is. Errors: `TREE_INVALID` (a file
 * on one side where the other has a folder), `SHARD_INDEX_MISMATCH`, `HOOK_FAILED`, `IDENTITY_UNKNOWN`, `SIGNING_FAILED`.
 */
export async function writeCandidate(
  repository: Repository,
  situation: MergeSituation,
  content: CandidateContent,
): Promise<CommitId> {
  const { target, revisions, bases, settings } = situation;
  const parents = [target.tip, ...revisions.map(({ commit }) => commit)];
  const names = revisions.map(({ revision }) => revision);
  const record = await writeMergeRecord(repository, {
    ...{ bases, parents, settings },
    revisions: names,
    models: content.models,
    ...(content.recipe === undefined ? {} : { recipe: content.recipe }),
    ...(content.search ? { search: content.search } : {}),
    ...(content.measured ? { measured: content.measured } : {}),
  });
  const others = content.files.filter(file => file.path !== record.file.path);
  const tree = await repository.history.writeTree([...others, record.file]);
  const [broken] = await brokenShards(repository, tree, parents);
  if (broken) throw broken;
  const message = await finishMessage(repository, withRecordTrailer(content.message, record.digest), {
    source: 'merge',
    verify: true,
    stripComments: false,
  });
  const commit = await repository.history.writeCommit({ tree, parents, message });
  await writeCandidateRef(repository, commit);
  return commit;
}

/** The message of a merge commit, as `git fmt-merge-msg` words it. */
export async function defaultMessage(repository: Repository, situation: MergeSituation): Promise<string> {
  const kinds = new Map<string, string[]>();
  for (const { revision } of situation.revisions) {
    const kind = await kindOf(repository, revision);
    kinds.set(kind, [...(kinds.get(kind) ?? []), `'${revision}'`]);
  }
  const parts = [...kinds].map(
    ([kind, names]) => `${names.length > 1 ? PLURALS[kind] : kind} ${listed(names)}`,
  );
  const target = situation.target.ref.replace(/^refs\/heads\//, '');
  const into = ['main', 'master', 'HEAD'].includes(target) ? '' : ` into ${target}`;
  return `Merge ${parts.join(', ')}${into}\n`;
}

const PLURALS: Readonly<Record<string, string>> = {
  branch: 'branches',
  tag: 'tags',
  'remote-tracking branch': 'remote-tracking branches',
  commit: 'commits',
};

async function kindOf({ history }: Repository, revision: string): Promise<string> {
  if (await history.readRef(`refs/heads/${revision}`)) return 'branch';
  if (await history.readRef(`refs/remotes/${revision}`)) return 'remote-tracking branch';
  return (await history.readRef(`refs/tags/${revision}`)) ? 'tag' : 'commit';
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
