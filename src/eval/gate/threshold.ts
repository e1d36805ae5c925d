import { orientationOf } from './direction.ts';
import type { AcceptRule } from './policy.ts';

/** The confidence of a rule that states none. */
export const DEFAULT_CONFIDENCE = 0.95;

/** What a rule asks of an oriented difference: that it is above `-margin` (0 for an improvement). */
export interface Threshold {
  readonly margin: number;
  readonly confidence: number;
  /** 1 where more is better, else -1. */
  readonly orientation: 1 | -1;
}

/** The threshold of a rule. */
export function thresholdOf(rule: AcceptRule): Threshold {
  return {
    margin: rule.margin ?? 0,
    confidence: rule.confidence ?? DEFAULT_CONFIDENCE,
    orientation: orientationOf(rule),
  };
}
