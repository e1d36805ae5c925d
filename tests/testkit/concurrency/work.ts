/** What a worker does: it changes one file of one work tree, over and over. */
export interface WorkerRequest {
  readonly name: string;
  /** The work tree. */
  readonly path: string;
  readonly file: string;
  readonly seed: number;
  /** At least so many steps, and at least so many seconds. */
  readonly steps: number;
  readonly seconds: number;
  /** Where it wanders to. */
  readonly branches: readonly string[];
  /** The branch of `origin` that is its own. */
  readonly push?: string;
}

/** What a worker saw. */
export interface WorkerReport {
  /** HEAD after each of its commits. */
  readonly commits: string[];
  /** The blobs last staged, by path. */
  readonly added: Record<string, string>;
  pushed: string | null;
  /** How often it was refused, and why. */
  readonly refusals: Record<string, number>;
  readonly problems: string[];
}

/** Refusals that are right when others work at the same time; `again`: until they are through. */
export const EXPECTED: readonly { readonly text: string; readonly again: boolean }[] = [
  { text: 'error[INDEX_LOCKED]', again: true },
  { text: 'error[REF_LOCKED]', again: true },
  { text: 'error[REF_CONFLICT]', again: true },
  { text: "index.lock': File exists", again: true },
  { text: 'cannot lock ref', again: true },
  { text: 'error[STORE_LOCKED]', again: true },
  { text: 'error[STORE_CHANGED]', again: true },
  { text: 'gc is already running', again: false },
  { text: 'error[NOTHING_TO_COMMIT]', again: false },
  { text: 'nothing to commit', again: false },
  { text: 'nothing added to commit', again: false },
  { text: 'no changes added to commit', again: false },
];
