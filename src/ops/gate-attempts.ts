import type { ReportBindings } from '../eval/report/bindings.ts';
import type { History } from '../store/history/history.ts';
import { claimedReport, readReports } from './reports.ts';

/**
 * How often this contribution has been before this gate of this branch, this time included. Every further look at the same data raises
 * the chance of passing by luck, so the number stands in the report.
 */
export async function attemptNumber(history: History, bindings: ReportBindings): Promise<number> {
  const source = sourceOf(bindings);
  const attempts = (await readReports(history)).flatMap(stored => {
    const earlier = stored.gate === bindings.gate ? claimedReport(stored) : undefined;
    if (!earlier || earlier.bindings.target.ref !== bindings.target.ref) return [];
    return sourceOf(earlier.bindings) === source ? [Math.max(stored.attempt, earlier.attempt)] : [];
  });
  return Math.max(0, ...attempts) + 1;
}

/** What is contributed: the merged commits, or the candidate itself where it only continues the branch. */
function sourceOf({ parents, target, candidate }: ReportBindings): string {
  const merged = parents.filter(parent => parent !== target.tip).sort();
  return merged.length > 0 ? merged.join(' ') : candidate.commit;
}
