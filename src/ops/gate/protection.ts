import { isMgitError, MgitError } from '../../base/errors.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import type { Head } from '../../store/history/history.ts';
import { parseProjectFile, protectionOf, readProjectFile } from '../project/project-file.ts';
import type { Repository } from '../repository.ts';

/**
 * Refuses to move a protected branch by hand. Protection is what `mgit.yaml` says at the branch's own tip, so that no commit can lift it
 * for itself. Errors: `BRANCH_PROTECTED`.
 */
export async function refuseProtected(
  repository: Repository,
  ref: string,
  tip: CommitId | undefined,
): Promise<void> {
  if (tip === undefined) return;
  if (protectionOf(await readProjectFile(repository.history, tip), ref) === undefined) return;
  const name = ref.replace(/^refs\/heads\//, '');
  throw new MgitError(
    'BRANCH_PROTECTED',
    `${name} is protected: it moves only by merges that pass its gates`,
    {
      hint: `work on a branch ("mgit switch -c <name>"), commit there, then "mgit switch ${name}" and "mgit merge <name>"`,
    },
  );
}

/**
 * The same for a commit, whose own `mgit.yaml` (`staged`) must be sound: one that cannot be read is kept out, and where the tip has
 * such a one (plain Git lets it in) a commit that repairs it is let through. Errors: `BRANCH_PROTECTED`, `PROJECT_FILE_INVALID`.
 */
export async function refuseProtectedCommit(
  repository: Repository,
  head: Head,
  staged: ObjectId | undefined,
): Promise<void> {
  if (staged !== undefined)
    parseProjectFile(Buffer.from(await repository.history.readBlob(staged)).toString('utf8'));
  if (head.kind !== 'branch') return;
  await refuseProtected(repository, head.ref, head.commit).catch((error: unknown) => {
    if (!isMgitError(error, 'PROJECT_FILE_INVALID')) throw error;
  });
}
