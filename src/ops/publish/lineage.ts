import type { CardMerge, LineageCommit } from '../../hub/model-card.ts';
import type { Commit, History } from '../../store/history/history.ts';

/** As many commits as a card lists; the repository has the rest. */
const LINEAGE_LIMIT = 30;
const TRAILER = /^Mgit-(Run|Merge): ([0-9a-f]{64})$/m;

/** The commits that led to a model, newest first. */
export async function cardLineage(history: History, commit: Commit): Promise<readonly LineageCommit[]> {
  const lineage: LineageCommit[] = [];
  for await (const entry of history.walk({ include: [commit.id], limit: LINEAGE_LIMIT }))
    lineage.push(lineageCommit(entry));
  return lineage;
}

function lineageCommit(commit: Commit): LineageCommit {
  const record = TRAILER.exec(commit.message)?.[1];
  return {
    id: commit.id,
    subject: commit.message.split('\n', 1)[0] ?? '',
    parents: commit.parents,
    author: commit.author.name,
    date: new Date(commit.author.timestamp * 1000).toISOString().slice(0, 10),
    kind: record === 'Run' ? 'train' : record === 'Merge' && commit.parents.length > 1 ? 'merge' : undefined,
  };
}

/** How a commit was merged, from the record that its trailer names; undefined for any other commit, a cherry-pick among them. */
export async function cardMerge(history: History, commit: Commit): Promise<CardMerge | undefined> {
  const [, kind, digest] = TRAILER.exec(commit.message) ?? [];
  if (kind !== 'Merge' || commit.parents.length < 2) return undefined;
  const file = await history.findInTree(commit.tree, `.mgit/merges/${digest}.json`);
  if (!file) return undefined;
  const record = JSON.parse(new TextDecoder().decode(await history.readBlob(file.id))) as Partial<CardMerge>;
  return { method: String(record.method), parameters: { ...record.parameters }, parents: commit.parents };
}
