import { MgitError } from '../../base/errors.ts';
import type { CommitId } from '../../base/ids.ts';
import type { ComputingMethod, MethodParameters } from '../../merge/method.ts';
import { methodNamed } from '../../merge/methods/registry.ts';
import { completeParameters } from '../../merge/parameters.ts';
import { planAverage } from '../../merge/plan-average.ts';
import { refuseProtected } from '../gate/protection.ts';
import type { CommitOptions, CommitResult } from '../history/commit.ts';
import { commitTree } from '../history/commit-tree.ts';
import { refuseUnconcluded } from '../in-progress.ts';
import { withRecordTrailer, writeMergeRecord } from '../merge/merge-record.ts';
import { type ModelReport, mergeModels, type PlannedModel } from '../merge/models.ts';
import { parseGivenSettings } from '../merge/settings.ts';
import type { Repository } from '../repository.ts';
import { localChanges } from '../worktree/local-changes.ts';
import { readStatus } from '../worktree/status.ts';
import { chooseVersions, type Version } from './choose-versions.ts';

/** What `mgit average` is asked to do. */
export interface AverageOptions extends Pick<CommitOptions, 'cwd' | 'signal' | 'onEvent'> {
  /** Revisions and ranges. */
  readonly revisions: readonly string[];
  readonly method: string;
  /** The values of `-X`. */
  readonly given: readonly string[];
  /** Default: a line that names method and revisions. */
  readonly message?: string;
}

/** The commit, what was averaged, the oldest first, and how. */
export interface AverageResult extends CommitResult {
  readonly method: string;
  readonly versions: readonly CommitId[];
  readonly models: readonly ModelReport[];
}

/**
 * Averages the models of HEAD over several commits by a merge method and commits the result on the current branch, where each averaged tensor is a recipe.
 * All versions count alike, whether they changed a tensor or not; tensors that have no average stay as the last version has them. Errors:
 * `COMMIT_REQUIRED`, `LOCAL_CHANGES`, `BRANCH_PROTECTED`, `MERGE_IN_PROGRESS`, `REPLAY_IN_PROGRESS`, `AVERAGE_TOO_FEW`, `AVERAGE_TOO_MANY`, `AVERAGE_MISMATCH`,
 * `MODEL_MISSING`, `MERGE_BASE_REQUIRED`, `MERGE_NON_FINITE`, those of methods and of `commitIndex`.
 */
export async function averageCommits(
  repository: Repository,
  options: AverageOptions,
): Promise<AverageResult> {
  const { history } = repository;
  await refuseUnconcluded(repository);
  const head = await history.head();
  if (head.commit === undefined)
    throw new MgitError('COMMIT_REQUIRED', 'there is no commit yet to average', {
      hint: 'commit some versions of a model first',
    });
  if (head.kind === 'branch') await refuseProtected(repository, head.ref, head.commit);
  await refuseChanges(repository, options);
  const versions = await chooseVersions(repository, options.revisions);
  const { method, parameters } = chosen(options, versions);
  const planned = plansOf(versions, { method, parameters });
  const { files: models, reports } = await mergeModels(repository, planned, options);
  const record = await writeMergeRecord(repository, {
    ...{
      bases: [],
      parents: [head.commit],
      settings: { method: method.name, parameters: parseGivenSettings(options.given).parameters },
    },
    ...{ revisions: options.revisions, averaged: versions.map(({ commit }) => commit), models: reports },
  });
  const files = [...models, record.file];
  const from = (await history.readCommit(head.commit)).tree;
  const changed = new Map(files.map(file => [file.path, file]));
  const kept = (await history.listTree(from)).filter(({ path }) => !changed.has(path));
  const to = await history.writeTree([...kept, ...files]);
  const message = options.message ?? `Average ${options.revisions.join(', ')} by ${options.method}`;
  const place = { head: { ...head, commit: head.commit }, from, to };
  const result = await commitTree(repository, place, {
    ...options,
    message: withRecordTrailer(message, record.digest),
  });
  return {
    ...result,
    method: options.method,
    versions: versions.map(({ commit }) => commit),
    models: reports,
  };
}

interface Chosen {
  readonly method: ComputingMethod;
  readonly parameters: MethodParameters;
}

/** The method with its parameters. A base would be one of the versions, and is for `mgit merge` to find. */
function chosen({ method: name, given }: AverageOptions, versions: readonly Version[]): Chosen {
  const method = methodNamed(name);
  const settings = parseGivenSettings(given);
  if (settings.rules.length > 0 || settings.base !== undefined)
    throw new MgitError(
      'USAGE',
      'an average takes no sides and has no base: give -X <parameter>=<value> alone',
    );
  if (method.kind === 'compute') {
    const parameters = completeParameters(method, settings.parameters, versions.length);
    if (!method.needsBase(parameters)) return { method, parameters };
  }
  throw new MgitError('MERGE_BASE_REQUIRED', `${name} does not average versions without a base`, {
    hint: 'use ema, uniform_soup, linear, karcher or multislerp; or mgit merge',
  });
}

/** Each model of the last version, over all of them. */
function plansOf(versions: readonly Version[], { method, parameters }: Chosen): readonly PlannedModel[] {
  const newest = versions.at(-1) as Version;
  const names = versions.map(({ commit }) => commit.slice(0, 10));
  return [...newest.models.values()].map(({ path, mode }) => {
    const models = versions.map(({ commit, models }) => models.get(path)?.manifest ?? missing(path, commit));
    return { path, mode, plan: planAverage({ models, names, method, parameters }) };
  });
}

function missing(path: string, commit: CommitId): never {
  throw new MgitError('MODEL_MISSING', `${path} is no model at ${commit.slice(0, 10)}`, {
    hint: 'average commits that all have it',
  });
}

/** The commit takes what is staged, and its models replace those of the work tree. */
async function refuseChanges(repository: Repository, options: AverageOptions): Promise<void> {
  const { staged, unstaged, conflicts } = await readStatus(repository, options);
  const changed = [...staged, ...conflicts, ...unstaged].map(change => change.path);
  if (changed.length > 0) throw localChanges([...new Set(changed)], 'commit or restore them first');
}
