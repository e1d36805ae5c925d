import { MgitError } from '../base/errors.ts';

/** The process's exit statuses: the contract with scripts. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  gateRejected: 3,
  conflicts: 4,
  gateInconclusive: 5,
  gateError: 6,
  bug: 70,
  interrupted: 130,
  /** What a shell reports of a program that a closed pipe (SIGPIPE) stopped. */
  pipeClosed: 141,
} as const;

const BY_CODE: Readonly<Record<string, number>> = {
  USAGE: EXIT.usage,
  INTERRUPTED: EXIT.interrupted,
  MERGE_CONFLICTS: EXIT.conflicts,
  GATE_REJECTED: EXIT.gateRejected,
  GATE_INCONCLUSIVE: EXIT.gateInconclusive,
  GATE_VERIFY_FAILED: EXIT.failed,
  GATE_REPORT_MISSING: EXIT.failed,
};

/** The exit status of an error: 6 for what kept a gate from running, 70 for anything that is not an {@link MgitError}. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof MgitError)) return EXIT.bug;
  return BY_CODE[error.code] ?? (error.code.startsWith('GATE_') ? EXIT.gateError : EXIT.failed);
}
