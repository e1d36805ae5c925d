import type { PackPointer } from '../pointer.ts';
import type { LfsObjectId } from './lfs/protocol.ts';

/** What a remote's objects are to the user, for messages. */
export interface Wording<Item> {
  name(item: Item): string;
  /** Where the server does not have one. */
  readonly absent: { readonly code: string; readonly hint: string };
  /** What to do where one stays damaged. */
  readonly damagedHint: string;
}

/** Packs, which mgit itself has pushed. */
export const PACK_WORDING: Wording<PackPointer> = {
  name: ({ id }) => `pack ${id}`,
  absent: {
    code: 'PACK_NOT_ON_REMOTE',
    hint: 'ask someone who has the pack to run mgit push again',
  },
  damagedHint:
    'run the command again; if it stays so, the pack is damaged on the server: push it again from a clone that has it',
};

/** Files that git-lfs has pushed. */
export const FILE_WORDING: Wording<LfsObjectId> = {
  name: ({ oid }) => `Git LFS object ${oid}`,
  absent: {
    code: 'LFS_OBJECT_MISSING',
    hint: 'ask someone who has the object to run "git lfs push --all"',
  },
  damagedHint: 'run the command again; if it stays so, the object is damaged on the server',
};
