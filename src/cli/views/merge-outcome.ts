import type { JsonValue } from '../../base/canonical-json.ts';
import type { GateRun } from '../../ops/gate/gate-run.ts';
import type { MergeOutcome } from '../../ops/merge/merge.ts';
import type { CommandOutcome } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { jsonValue } from '../json.ts';
import { mergeText } from './merge.ts';

const EXIT_BY_VERDICT = {
  pass: EXIT.gateError, // Passed, but not every required gate ran.
  fail: EXIT.gateRejected,
  inconclusive: EXIT.gateInconclusive,
  error: EXIT.gateError,
} as const;

/** What a merge answers, with the exit status of its verdict. */
export function mergeOutcome(io: CliIo, outcome: MergeOutcome): CommandOutcome {
  const exitCode =
    outcome.kind === 'held'
      ? EXIT_BY_VERDICT[outcome.gates.verdict]
      : outcome.kind === 'conflicts'
        ? EXIT.conflicts
        : EXIT.done;
  return { json: outcomeJson(outcome), human: mergeText(io, outcome), exitCode };
}

function outcomeJson(outcome: MergeOutcome): JsonValue {
  if (outcome.kind !== 'landed' && outcome.kind !== 'held') return jsonValue(outcome);
  return jsonValue({ ...outcome, gates: outcome.gates ? gateRunJson(outcome.gates) : null });
}

/** An error has no JSON of its own. */
function gateRunJson(run: GateRun): object {
  const gates = run.gates.map(result => {
    if (result.verdict !== 'error') return result;
    const { code, message, hint } = result.error;
    return { ...result, error: { code, message, ...(hint === undefined ? {} : { hint }) } };
  });
  return { ...run, gates };
}
