import type { ObjectId } from '../../base/ids.ts';
import type { Head, History, RefUpdate } from '../../store/history/history.ts';

/** Where HEAD stood: a branch's full ref name, or a commit. */
export type HeadPosition = { readonly branch: string } | { readonly commit: ObjectId };

/** A ref that changed; null: it did not exist. */
export interface RefChange {
  readonly ref: string;
  readonly old: ObjectId | null;
  readonly new: ObjectId | null;
}

/** What one operation has moved: noted as it moves, so that what other processes move meanwhile is no part of it. */
export interface RefJournal {
  /** The history, whose moves of HEAD, branches and tags are noted. */
  readonly history: History;
  readonly head: { readonly before: HeadPosition; readonly after: HeadPosition };
  /** Sorted by ref. What came back to where it was is left out. */
  readonly refs: readonly RefChange[];
}

/** HEAD's position as an operation records it. */
export function headPosition(head: Head): HeadPosition {
  return head.kind === 'branch' ? { branch: head.ref } : { commit: head.commit };
}

/** Notes what is moved through a history from now on. */
export async function refJournal(history: History): Promise<RefJournal> {
  const before = headPosition(await history.head());
  let after = before;
  const changes = new Map<string, RefChange>();
  const note = ({ ref, target, expected = null }: RefUpdate): void => {
    const name = ref === 'HEAD' && 'branch' in after ? after.branch : ref;
    if (name === 'HEAD' && target !== null) after = { commit: target };
    if (isRecorded(name)) changes.set(name, { ref: name, old: expected, ...changes.get(name), new: target });
  };
  return {
    history: {
      ...history,
      updateRefs: async (updates, reason) => {
        const exact = await Promise.all(updates.map(update => withExpected(history, update)));
        await history.updateRefs(exact, reason);
        exact.forEach(note);
      },
      setHead: async (target, reason) => {
        await history.setHead(target, reason);
        after = 'branch' in target ? { branch: fullName(target.branch) } : target;
      },
    },
    get head() {
      return { before, after };
    },
    get refs() {
      const moved = [...changes.values()].filter(change => change.old !== change.new);
      return moved.sort((a, b) => (a.ref < b.ref ? -1 : 1));
    },
  };
}

function isRecorded(ref: string): boolean {
  return ref.startsWith('refs/heads/') || ref.startsWith('refs/tags/');
}

function fullName(branch: string): string {
  return branch.startsWith('refs/') ? branch : `refs/heads/${branch}`;
}

/** What a ref is moved from is part of the record, so an update that does not say it swaps what is there now. */
async function withExpected(history: History, update: RefUpdate): Promise<RefUpdate> {
  if (update.expected !== undefined || !isRecorded(update.ref)) return update;
  return { ...update, expected: (await history.readRef(update.ref)) ?? null };
}
