import { coinProbability } from './distributions.ts';
import type { PairedCounts } from './tango.ts';

/** Two-sided p-values of "both proportions are equal". */
export interface McNemarResult {
  readonly exact: number;
  readonly midP: number;
  /** One-sided mid-p of "the first is not better". */
  readonly midPGreater: number;
}

/**
 * McNemar's test on the discordant pairs, exact conditional and mid-p.
 * Source: Fagerland, Lydersen, Laake, BMC Medical Research Methodology 13:91 (2013).
 */
export function mcNemar({ gained, lost }: PairedCounts): McNemarResult {
  const discordant = gained + lost;
  if (discordant === 0) return { exact: 1, midP: 1, midPGreater: 0.5 };
  const tail = (from: number): number => {
    let sum = 0;
    for (let k = discordant; k >= from; k--) sum += coinProbability(k, discordant);
    return Math.min(1, sum);
  };
  const larger = Math.max(gained, lost);
  const exact = Math.min(1, 2 * tail(larger));
  const midP =
    gained === lost ? 1 - coinProbability(gained, discordant) : exact - coinProbability(larger, discordant);
  const midPGreater = tail(gained) - coinProbability(gained, discordant) / 2;
  return { exact, midP: Math.max(0, midP), midPGreater: Math.max(0, midPGreater) };
}
