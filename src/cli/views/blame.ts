import type { BlamedTensor } from '../../ops/history/blame.ts';
import type { Commit, History } from '../../store/history/history.ts';
import { type CliIo, paint, table } from '../io.ts';
import { commitJson } from './commit.ts';
import { label } from './printable.ts';

/** One line per tensor: commit, author and day, the tensor, and the subject of the commit. */
export async function blameText(
  io: CliIo,
  history: Pick<History, 'abbreviate'>,
  blamed: readonly BlamedTensor[],
): Promise<string> {
  const short = new Map<string, string>();
  for (const { commit } of blamed)
    if (commit !== undefined && !short.has(commit.id))
      short.set(commit.id, await history.abbreviate(commit.id));
  const rows = blamed.map(({ tensor, commit }) => [
    paint(io, 'yellow', commit === undefined ? '0000000' : (short.get(commit.id) ?? commit.id)),
    ...(commit === undefined ? ['Not committed yet', ''] : [label(commit.author.name), day(commit)]),
    label(tensor.name),
    `${tensor.dtype} [${tensor.shape.join(', ')}]`,
    commit === undefined ? '' : label(commit.message.split('\n', 1)[0] ?? ''),
  ]);
  return rows.length === 0 ? '' : table(rows);
}

/** Every commit that is blamed is there once, by its id. */
export function blameJson(path: string, blamed: readonly BlamedTensor[]) {
  const commits = new Map(blamed.flatMap(({ commit }) => (commit ? [[commit.id, commitJson(commit)]] : [])));
  return {
    path,
    tensors: blamed.map(({ tensor, commit, path: former }) => ({
      name: tensor.name,
      dtype: tensor.dtype,
      shape: [...tensor.shape],
      digest: tensor.extent.digest as string,
      commit: commit === undefined ? null : (commit.id as string),
      path: former,
    })),
    commits: Object.fromEntries(commits),
  };
}

/** `2026-01-31`, in the author's own zone. */
function day({ author }: Commit): string {
  return new Date((author.timestamp + author.timezoneOffset * 60) * 1000).toISOString().slice(0, 10);
}
