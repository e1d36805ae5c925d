import { createHash } from 'node:crypto';
import { isSameTensor } from '../../merge/same-tensor.ts';
import type { Commit } from '../../store/history/history.ts';
import type { Manifest } from '../../store/manifest/manifest.ts';
import { differingPairs } from '../../store/manifest/pair-tensors.ts';
import type { PatchChange } from '../../store/patches/patch-header.ts';
import { unifiedDiff } from '../diff/unified-diff.ts';
import { readManifestBlob } from '../history/manifests-at.ts';
import { isBinary } from '../merge/merge-text.ts';
import { changesBetween } from '../patch/patch-changes.ts';
import type { Repository } from '../repository.ts';

/** What a commit changed against its parent, wherever in history and in its files that was. */
export interface CommitChange {
  /** The changed paths, as one text; only commits with the same ones can have made the same change. */
  readonly paths: string;
  /** Equal where lines were changed alike, with the same lines around them, and tensors from the same to the same bytes; as `git patch-id` has it for text. */
  id(): Promise<string>;
}

/** Reads the change of a commit that is no merge. Merge records do not count: they say how, not what. */
export async function readChange(repository: Repository, commit: Commit): Promise<CommitChange> {
  const [parent] = commit.parents;
  const { history } = repository;
  const before = parent ? (await history.readCommit(parent)).tree : await history.writeTree([]);
  const changes = (await changesBetween(repository, before, commit.tree)).filter(
    ({ path }) => !path.startsWith('.mgit/merges/'),
  );
  let known: string | undefined;
  return {
    paths: changes.map(({ path }) => path).join('\0'),
    id: async () => (known ??= await changeId(repository, changes)),
  };
}

async function changeId(repository: Repository, changes: readonly PatchChange[]): Promise<string> {
  const hash = createHash('sha256');
  for (const change of changes) {
    const { before, after } = change;
    hash.update(
      `${change.path}\0${before?.mode ?? 0} ${after?.mode ?? 0}\0${await contentChange(repository, change)}\0`,
    );
  }
  return hash.digest('hex');
}

async function contentChange(repository: Repository, { before, after }: PatchChange): Promise<string> {
  const manifest = async (version: PatchChange['before']) =>
    version && (await readManifestBlob(repository, version));
  const [old, now] = [await manifest(before), await manifest(after)];
  if (old || now) return tensorChange(old ?? undefined, now ?? undefined);
  const bytes = async (version: PatchChange['before']) =>
    version && (version.mode & 0o170000) === 0o100000
      ? repository.history.readBlob(version.id)
      : new Uint8Array();
  const texts = [await bytes(before), await bytes(after)];
  if (texts.some(isBinary)) return `${before?.id ?? ''} ${after?.id ?? ''}`;
  const [left = '', right = ''] = texts.map(text => Buffer.from(text).toString('latin1'));
  return unifiedDiff(left, right).replace(/^@@ .*$/gm, '@@');
}

function tensorChange(before: Manifest | undefined, after: Manifest | undefined): string {
  const lines: string[] = [];
  for (const pair of differingPairs(before, after))
    if (!isSameTensor(pair.before, pair.after))
      lines.push(
        JSON.stringify([pair.name, pair.before?.extent.digest ?? null, pair.after?.extent.digest ?? null]),
      );
  return lines.join('\n');
}
