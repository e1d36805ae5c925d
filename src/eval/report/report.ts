import type { Acceptance } from '../gate/policy.ts';
import type { Outcome, Role } from '../gate/verdict.ts';
import type { ReportBindings } from './bindings.ts';

/** The predicate type of mgit's own report. */
export const GATE_REPORT_TYPE = 'urn:mgit:gate-report:v1';

/** A number, or null where it was not finite. */
export type ReportNumber = number | null;

/** One metric of one model: the value with a two-sided 95 % interval where it is a mean of items. */
export interface ReportedMetric {
  readonly role: Role;
  readonly metric: string;
  /** Undefined stands for "as it is". */
  readonly seed?: number;
  readonly value: ReportNumber;
  readonly n: number;
  readonly low: ReportNumber;
  readonly high: ReportNumber;
}

/** One comparison, as in `Comparison`, without anything that is not a number. */
export interface ReportedComparison {
  readonly reference: Role;
  readonly difference: ReportNumber;
  readonly lower: ReportNumber;
  readonly upper: ReportNumber;
  readonly p: ReportNumber;
  readonly n: number;
  readonly minimumDetectable: ReportNumber;
  readonly method: string;
}

/** One rule with what it came to. */
export interface ReportedRule {
  readonly metric: string;
  readonly against: string;
  readonly stage: string;
  readonly margin?: number;
  readonly improve?: true;
  readonly confidence: number;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly comparisons: readonly ReportedComparison[];
}

/** Where and with what a gate ran. */
export type ReportEnvironment = Readonly<Record<string, string>>;

/** The predicate of a gate report. */
export interface GateReport {
  readonly bindings: ReportBindings;
  readonly attempt: number;
  readonly verdict: Outcome;
  readonly accept: readonly Acceptance[];
  readonly rules: readonly ReportedRule[];
  readonly measurements: readonly ReportedMetric[];
  readonly environment: ReportEnvironment;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly finishedAt: string;
}
