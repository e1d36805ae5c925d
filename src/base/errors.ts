import { constants } from 'node:os';

/** What a caller may attach to an {@link MgitError}. */
export interface MgitErrorOptions {
  /** What the user can do about it: one sentence, imperative. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** Machine-readable particulars, printed with `--json`. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * An expected failure: bad input, a refused operation, a missing resource.
 *
 * Any other `Error` that reaches the command line is a bug in mgit. `code` is upper snake case, stable, and names
 * the condition (`MANIFEST_CORRUPT`, `BRANCH_PROTECTED`); the exit status that belongs to it is decided in
 * `src/cli/exit-codes.ts` alone.
 */
export class MgitError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: string, message: string, options: MgitErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MgitError';
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
  }
}

/** True when `error` is an {@link MgitError}, and, if codes are given, has one of them. */
export function isMgitError(error: unknown, ...codes: string[]): error is MgitError {
  return error instanceof MgitError && (codes.length === 0 || codes.includes(error.code));
}

/** True when `error` is a system error with one of the given codes (`ENOENT`, `EEXIST`, ...). */
export function isSystemError(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && codes.includes(systemCode(error) ?? '');
}

/**
 * The code of a system error, by the system's own name; undefined for any other error. Node has no names for the numbers that libuv
 * leaves out, `EDQUOT` among them, and calls them "Unknown system error -122".
 */
export function systemCode(error: NodeJS.ErrnoException): string | undefined {
  if (!error.code?.startsWith('Unknown system error')) return error.code;
  const number = Math.abs(error.errno ?? 0);
  return Object.entries(constants.errno).find(([, value]) => value === number)?.[0];
}
