import { MgitError } from '../../base/errors.ts';
import { type CommitId, parseCommitId } from '../../base/ids.ts';
import type { Protection } from '../../eval/gate/policy.ts';
import type { RenameRule } from '../../formats/names/rename-rule.ts';
import type { MergeSettings } from '../../merge/merge-settings.ts';
import { compileRules, type Decide } from '../../merge/rules.ts';
import type { History } from '../../store/history/history.ts';
import { mergeBasesOf } from '../history/merge-bases.ts';
import { protectionOf, readProjectFile } from '../project/project-file.ts';
import type { Repository } from '../repository.ts';
import { refuseUnmatched } from './refuse-unmatched.ts';
import { combinedSettings, parseGivenSettings } from './settings.ts';

/** The branch that is merged into. */
export interface MergeTarget {
  /** Full ref name; `HEAD` when it is detached. */
  readonly ref: string;
  readonly tip: CommitId;
  /** The work tree shows this branch. */
  readonly checkedOut: boolean;
  /** What `mgit.yaml` at the tip asks for, if it protects the branch. */
  readonly protection: Protection | undefined;
}

/** A merged revision, as it was called, and what it is. */
export interface MergedRevision {
  readonly revision: string;
  readonly commit: CommitId;
}

/** What the user asked for. */
export interface MergeRequest {
  readonly revisions: readonly string[];
  readonly method: string | undefined;
  /** The values of `-X`. */
  readonly given: readonly string[];
  /** A branch other than the current one. */
  readonly into: string | undefined;
}

/** Everything that a merge is decided by. */
export interface MergeSituation {
  readonly target: MergeTarget;
  /** Revisions that the target does not have yet; none: it is up to date. */
  readonly revisions: readonly MergedRevision[];
  /** The only merged revision descends from the tip. */
  readonly isFastForward: boolean;
  /** The merge bases: several in a criss-cross history. */
  readonly bases: readonly CommitId[];
  readonly settings: MergeSettings;
  readonly decide: Decide;
  /** How the project says that tensors are spelt elsewhere. */
  readonly names: readonly RenameRule[];
}

/**
 * Looks at where things stand. Errors: `REVISION_UNKNOWN`, `BRANCH_UNKNOWN`, `MERGE_UNRELATED`, `MERGE_RULE_UNMATCHED`,
 * and those of the settings.
 */
export async function readSituation(repository: Repository, request: MergeRequest): Promise<MergeSituation> {
  const { history } = repository;
  const given = parseGivenSettings(request.given);
  const target = await readTarget(repository, request.into);
  const revisions = await newRevisions(history, target.tip, request.revisions);
  const project = await readProjectFile(history, target.tip);
  const { names } = project;
  const settings = combinedSettings(project.merge, given, request.method);
  const models = 1 + (revisions.length || request.revisions.length); // Up to date: weights for what was asked are no mistake.
  const decide = compileRules(settings, models);
  const sides = [target.tip, ...revisions.map(({ commit }) => commit)];
  if (revisions.length > 0) await refuseUnmatched(repository, given.rules, sides);
  const [only] = revisions;
  const isFastForward =
    only !== undefined && revisions.length === 1 && (await history.isAncestor(target.tip, only.commit));
  if (only === undefined || isFastForward)
    return { target, revisions, isFastForward, bases: [target.tip], settings, decide, names };
  const bases = given.base
    ? [await history.resolveCommit(given.base)]
    : await commonBases(history, target.tip, revisions);
  return { target, revisions, isFastForward, bases, settings, decide, names };
}

/** The current branch, or another one. Errors: `BRANCH_UNKNOWN`, `MERGE_NO_COMMITS`. */
export async function readTarget(repository: Repository, into: string | undefined): Promise<MergeTarget> {
  const { history } = repository;
  const head = await history.head();
  const headRef = head.kind === 'branch' ? head.ref : 'HEAD';
  const ref = into === undefined ? headRef : `refs/heads/${into.replace(/^refs\/heads\//, '')}`;
  const tip = ref === headRef ? head.commit : await history.readRef(ref);
  if (tip === undefined) throw noTip(into);
  const commit = parseCommitId(tip);
  const protection = protectionOf(await readProjectFile(history, commit), ref);
  return { ref, tip: commit, checkedOut: ref === headRef && history.workTree !== undefined, protection };
}

function noTip(into: string | undefined): MgitError {
  return into === undefined
    ? new MgitError('MERGE_NO_COMMITS', 'the current branch has no commit to merge into', {
        hint: 'make it from the other one with mgit switch -c <name> <revision>',
      })
    : new MgitError('BRANCH_UNKNOWN', `there is no branch ${JSON.stringify(into)} to merge into`, {
        hint: 'see "mgit branch" for those there are',
      });
}

/** The revisions that `tip` does not contain, each commit once. */
async function newRevisions(
  history: History,
  tip: CommitId,
  revisions: readonly string[],
): Promise<readonly MergedRevision[]> {
  const found = new Map<CommitId, MergedRevision>();
  for (const revision of revisions) {
    const commit = await history.resolveCommit(revision);
    if (!found.has(commit) && !(await history.isAncestor(commit, tip)))
      found.set(commit, { revision, commit });
  }
  return [...found.values()];
}

/** The best common ancestors of all sides. */
async function commonBases(
  history: History,
  tip: CommitId,
  revisions: readonly MergedRevision[],
): Promise<readonly CommitId[]> {
  let bases: readonly CommitId[] = [tip];
  for (const { revision, commit } of revisions) {
    bases = await mergeBasesOf(history, bases, commit);
    if (bases.length === 0)
      throw new MgitError('MERGE_UNRELATED', `${revision} has no commit in common with the target`, {
        hint: 'name one that both grew from with -X base=<revision>',
      });
  }
  return bases;
}
