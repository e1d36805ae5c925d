import type { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import type { Verdict } from '../../eval/gate/verdict.ts';
import type { GateReport } from '../../eval/report/report.ts';

/** What is gated, and onto what. */
export interface RunGatesOptions extends LongOperation {
  readonly candidate: CommitId;
  /** The full name of the target branch, `refs/heads/main`. */
  readonly targetRef: string;
  /** Lets the candidate change policy, keys or what gates read; the report says so. */
  readonly allowPolicyChange?: boolean;
  /** Only these gates; default: all that the branch requires. A run of some cannot make the branch advance. */
  readonly only?: readonly string[];
}

/** One gate of a run. */
export type GateResult =
  | {
      readonly gate: string;
      readonly verdict: Exclude<Verdict, 'error'>;
      readonly report: GateReport;
      /** Where the signed report lies below `refs/mgit/reports`. */
      readonly reportPath: string;
    }
  | { readonly gate: string; readonly verdict: 'error'; readonly error: MgitError };

/** What came of a run: the worst of its gates decides. */
export interface GateRun {
  readonly verdict: Verdict;
  /** The commit that was gated and may land: the one asked for, or its healed child. */
  readonly candidate: CommitId;
  readonly targetRef: string;
  /** The tip that the candidate was gated on; the branch may advance only from here. */
  readonly tip: CommitId;
  readonly gates: readonly GateResult[];
  /** True when every gate that the branch requires ran. */
  readonly complete: boolean;
}
