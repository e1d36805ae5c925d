import type { CommitId, ObjectId } from '../../base/ids.ts';
import type { HeadPosition } from '../history/ref-journal.ts';
import type { FileConflict } from '../merge/file-conflict.ts';
import type { ModelReport } from '../merge/models.ts';
import type { ReplayOperation } from './replay-step.ts';

/** What becomes of a commit whose change is there already: the whole is refused, it is left out, or it becomes a commit without changes. */
export type EmptyPolicy = 'stop' | 'drop' | 'keep';

/** What holds for all commits of a sequence. */
export interface ReplayOptions {
  readonly scale: number;
  /** The values of `-X`. */
  readonly given: readonly string[];
  /** The parent that a merge's change is seen from, counted from 1. */
  readonly mainline: number | null;
  /** Name the picked commit in the message (`-x`). */
  readonly recordOrigin: boolean;
  readonly empty: EmptyPolicy;
  /** A commit that continues what it continued before stays as it is. */
  readonly reuse: boolean;
  /** Instead of the commit's own message. */
  readonly message: string | null;
}

/** A commit, and what it became. */
export interface ReplayedCommit {
  readonly from: CommitId;
  readonly commit: CommitId;
  readonly subject: string;
}

/** Commits on their way: a value that can wait for the user. */
export interface ReplaySequence {
  readonly operation: ReplayOperation;
  /** Where HEAD stood. */
  readonly began: HeadPosition;
  /** The ref that moves in the end, once: a branch, or `HEAD` when it is detached. */
  readonly target: string;
  /** The commit that it had. */
  readonly origin: CommitId;
  /** What the first commit is applied to, and what the user called it. */
  readonly onto: CommitId;
  readonly ontoName: string;
  /** What is made of it so far. */
  readonly tip: CommitId;
  readonly done: readonly ReplayedCommit[];
  /** Commits that were left out, because their change is there already. */
  readonly dropped: readonly CommitId[];
  readonly todo: readonly CommitId[];
  readonly options: ReplayOptions;
}

/** A sequence whose next commit waits for its conflicts. HEAD is at its tip. */
export interface WaitingReplay {
  readonly version: 1;
  readonly sequence: ReplaySequence;
  /** The message of the waiting commit. */
  readonly message: string;
  /** The tree that index and work tree were led to, ours where there are conflicts. */
  readonly shown: ObjectId;
  readonly conflicts: readonly FileConflict[];
  /** Models of the waiting commit that merged without conflict. */
  readonly models: readonly ModelReport[];
}
