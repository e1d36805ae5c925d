import { MgitError } from '../../base/errors.ts';
import type { CommitId } from '../../base/ids.ts';
import { parseEnvelope } from '../../eval/report/dsse.ts';
import { PACKS_REF, readPublishedPacks } from '../../remote/packs-ref.ts';
import { REPORTS_REF } from '../gate/reports.ts';
import { readOperations } from '../history/operations.ts';
import { readMergeState } from '../merge/merge-state.ts';
import { readWaitingReplay } from '../replay/replay-state.ts';
import type { Repository } from '../repository.ts';
import { type FsckProblem, problemOf } from './fsck-problem.ts';

/** Checks mgit's own refs and files besides the packs. */
export async function checkState(repository: Repository): Promise<readonly FsckProblem[]> {
  const checks = [checkOperations, checkMerge, checkReplay, checkCandidates, checkPacksRef, checkReports];
  const problems: FsckProblem[] = [];
  for (const check of checks) {
    try {
      problems.push(...((await check(repository)) ?? []));
    } catch (error) {
      problems.push(problemOf(error));
    }
  }
  return problems;
}

type StateCheck = (repository: Repository) => Promise<readonly FsckProblem[] | undefined>;

const checkOperations: StateCheck = async repository => void (await readOperations(repository));

const checkMerge: StateCheck = async repository => void (await readMergeState(repository));

const checkReplay: StateCheck = async repository => void (await readWaitingReplay(repository));

/** A candidate's ref is named by its commit. */
const checkCandidates: StateCheck = async ({ history }) =>
  (await history.listRefs('refs/mgit/candidates/'))
    .filter(({ ref, id }) => ref !== `refs/mgit/candidates/${id}`)
    .map(({ ref, id }) => {
      const message = `${ref} names ${id}`;
      return { code: 'CANDIDATE_CORRUPT', message, level: 'error', object: id };
    });

/** What this repository offers to others must be here. */
const checkPacksRef: StateCheck = async ({ history, store }) => {
  const offered = await readPublishedPacks(
    history,
    (await history.readRef(PACKS_REF)) as CommitId | undefined,
  );
  const here = new Set(await store.listPacks());
  return offered
    .filter(({ id }) => !here.has(id))
    .map(({ id }) => {
      const message = `${PACKS_REF} offers pack ${id}, which is not here`;
      return { code: 'PACK_MISSING', message, level: 'error', pack: id };
    });
};

/** Whoever may push may put files among the reports; only those that are no reports at all are worth a word. */
const checkReports: StateCheck = async ({ history }) => {
  const commit = (await history.readRef(REPORTS_REF)) as CommitId | undefined;
  if (commit === undefined) return undefined;
  const problems: FsckProblem[] = [];
  for (const file of await history.listTree((await history.readCommit(commit)).tree)) {
    try {
      if (file.path.endsWith('.dsse.json')) parseEnvelope(await history.readBlob(file.id));
    } catch (error) {
      const problem = problemOf(error, { object: file.id });
      const level = error instanceof MgitError && error.code === 'GATE_REPORT_INVALID' ? 'note' : 'error';
      problems.push({ ...problem, level, message: `${REPORTS_REF}:${file.path}: ${problem.message}` });
    }
  }
  return problems;
};
