import type { LongOperation } from '../../base/events.ts';
import { inputsOf, type PlannedTensor } from '../../merge/model-plan/planned-tensor.ts';
import type { Vocabulary } from '../../merge/vocabulary/vocabulary.ts';

/** Tells of something that is no reason to stop. */
export function warn({ onEvent }: LongOperation, code: string, message: string, hint?: string): void {
  onEvent?.({ type: 'warning', code, message, ...(hint === undefined ? {} : { hint }) });
}

/** Tells of tokens that get lost, or that no model knows. */
export function warnOfTokens(
  operation: LongOperation,
  plan: readonly PlannedTensor[],
  vocabulary: Vocabulary | undefined,
): void {
  for (const planned of plan) {
    const isCut = inputsOf(planned).some(({ resized }) => resized?.kind === 'first-rows');
    const message = `${planned.name} has more rows in some models: only the first ${planned.shape[0]} are merged`;
    if (isCut) warn(operation, 'ROWS_DIFFER', message, 'tokenizer_source: union keeps all tokens');
  }
  const unknown = vocabulary?.unknown ?? [];
  const named = unknown.slice(0, 5).map(token => JSON.stringify(token));
  if (unknown.length > 0)
    warn(operation, 'TOKENS_UNKNOWN', `no model has an embedding of ${named.join(', ')}: they get zeros`);
}
