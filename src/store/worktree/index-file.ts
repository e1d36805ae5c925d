import type { ObjectId } from '../../base/ids.ts';

/** One entry of Git's index. Stat fields are as Git stores them; all zero means "not known to be clean". */
export interface IndexEntry {
  readonly path: string;
  readonly id: ObjectId;
  readonly mode: number;
  /** 0 normally; 1 base, 2 ours, 3 theirs while a conflict is unresolved. */
  readonly stage: 0 | 1 | 2 | 3;
  readonly size: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  readonly ctimeSeconds: number;
  readonly ctimeNanoseconds: number;
  readonly dev: number;
  readonly ino: number;
  readonly uid: number;
  readonly gid: number;
  readonly assumeValid: boolean;
  readonly skipWorktree: boolean;
  readonly intentToAdd: boolean;
}
