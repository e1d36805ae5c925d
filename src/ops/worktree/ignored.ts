import { type IgnoreRules, ignoreRules } from '../../store/worktree/ignore-rules.ts';
import { parentsOf } from '../../store/worktree/index-edit.ts';
import { readText, type WorkTree } from '../../store/worktree/work-tree.ts';

/** Whether the ignore rules hide a path, or a folder that leads to it. */
export async function isIgnored(workTree: WorkTree, path: string): Promise<boolean> {
  const { user, info } = workTree.settings.ignore;
  const own = (folder: string): Promise<string | undefined> =>
    readText(workTree.ports, `${workTree.root}/${folder}.gitignore`);
  const files = [user, info].filter(text => text !== undefined);
  let rules: IgnoreRules = ignoreRules(files, workTree.settings.ignoreCase).enter('', await own(''));
  for (const parent of parentsOf(path)) {
    if (rules.ignores(parent, true)) return true;
    rules = rules.enter(`${parent}/`, await own(`${parent}/`));
  }
  return rules.ignores(path, false);
}
