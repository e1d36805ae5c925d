import type { RenameRule } from '../../formats/names/rename-rule.ts';
import type { Repository } from '../repository.ts';
import { readProjectFile } from './project-file.ts';

/** How the project says that tensors are spelt elsewhere, at HEAD; nothing before the first commit. Errors: `PROJECT_FILE_INVALID`. */
export async function projectNames({ history }: Pick<Repository, 'history'>): Promise<readonly RenameRule[]> {
  const { commit } = await history.head();
  return commit === undefined ? [] : (await readProjectFile(history, commit)).names;
}
