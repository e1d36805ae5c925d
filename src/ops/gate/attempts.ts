import type { ReportBindings } from '../../eval/report/bindings.ts';
import type { TrustedKey } from '../../eval/report/keys.ts';
import type { History } from '../../store/history/history.ts';
import { readReports, signedReport } from './reports.ts';

/**
 * How often this contribution has been before this gate of this branch, this time included. Every further look at the same data raises
 * the chance of passing by luck, so the number stands in the report. Only reports by keys that the tip trusts count: the others are anybody's.
 */
export async function attemptNumber(
  history: History,
  bindings: ReportBindings,
  keys: readonly TrustedKey[],
): Promise<number> {
  const source = sourceOf(bindings);
  const attempts = (await readReports(history)).flatMap(stored => {
    const earlier = stored.gate === bindings.gate ? signedReport(stored, keys) : undefined;
    if (!earlier || earlier.bindings.target.ref !== bindings.target.ref) return [];
    return sourceOf(earlier.bindings) === source ? [earlier.attempt] : [];
  });
  return Math.max(0, ...attempts) + 1;
}

/** What is contributed: the merged commits, or the candidate itself where it only continues the branch. */
function sourceOf({ parents, target, candidate }: ReportBindings): string {
  const merged = parents.filter(parent => parent !== target.tip).sort();
  return merged.length > 0 ? merged.join(' ') : candidate.commit;
}
