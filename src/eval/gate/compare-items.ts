import { MgitError } from '../../base/errors.ts';
import { mean, pairedBootstrap } from '../statistics/bootstrap.ts';
import { normalUpperTail } from '../statistics/distributions.ts';
import { mcNemar } from '../statistics/mcnemar.ts';
import {
  minimumDetectableEffect,
  pairedProportionError,
  pairsForMargin,
  smallestProportionMargin,
} from '../statistics/power.ts';
import { tangoInterval, tangoStatistic } from '../statistics/tango.ts';
import type { Threshold } from './threshold.ts';
import type { Comparison } from './verdict.ts';

/** Below this a bootstrap says more than it knows. */
const FEWEST_BOOTSTRAP_ITEMS = 20;

type Statistics = Omit<Comparison, 'reference' | 'candidateValue' | 'referenceValue'>;

/**
 * Compares two models item by item: Tango's interval where every outcome is yes or no, else a seeded paired bootstrap.
 * Errors: `GATE_UNDERPOWERED` when so few items can never resolve the threshold.
 */
export function compareItems(
  pairs: readonly (readonly [number, number])[],
  threshold: Threshold,
): Statistics {
  const isBinary = pairs.every(([left, right]) => (left === 0 || left === 1) && (right === 0 || right === 1));
  return isBinary ? compareBinary(pairs, threshold) : compareMeans(pairs, threshold);
}

function compareBinary(pairs: readonly (readonly [number, number])[], threshold: Threshold): Statistics {
  const better = (wanted: number): number => pairs.filter(([left, right]) => left - right === wanted).length;
  const counts = {
    gained: better(threshold.orientation),
    lost: better(-threshold.orientation),
    n: pairs.length,
  };
  refuseFewItems(counts.n, threshold);
  const { estimate, lower, upper } = tangoInterval(counts, threshold.confidence);
  const error = pairedProportionError(counts.gained, counts.lost, counts.n);
  return {
    difference: estimate,
    lower,
    upper,
    p: normalUpperTail(tangoStatistic(counts, -threshold.margin)),
    n: counts.n,
    minimumDetectable: minimumDetectableEffect(error, threshold.confidence),
    method: 'tango',
    mcNemar: mcNemar(counts).midP,
  };
}

/** Even identical models have an interval this wide: a smaller margin could never be shown. */
export function refuseFewItems(n: number, { margin, confidence }: Threshold): void {
  const needed = margin > 0 ? pairsForMargin(margin, confidence) : pairsForMargin(0.5, confidence);
  if (n >= needed) return;
  const resolvable = n === 0 ? 1 : smallestProportionMargin(n, confidence);
  throw new MgitError(
    'GATE_UNDERPOWERED',
    `${n} items cannot resolve ${margin > 0 ? `a margin of ${margin}` : 'an improvement'} with ${confidence * 100} % confidence; the minimum detectable effect is ${resolvable.toPrecision(3)}`,
    { hint: `evaluate at least ${needed} items, or state a margin of at least ${roundUp(resolvable)}` },
  );
}

function roundUp(value: number): number {
  return Math.ceil(value * 10_000) / 10_000;
}

function compareMeans(pairs: readonly (readonly [number, number])[], threshold: Threshold): Statistics {
  if (pairs.length < FEWEST_BOOTSTRAP_ITEMS)
    throw new MgitError(
      'GATE_UNDERPOWERED',
      `${pairs.length} items are too few for a bootstrap; the minimum detectable effect is unknown`,
      { hint: `evaluate at least ${FEWEST_BOOTSTRAP_ITEMS} items` },
    );
  const shifted = pairs.map(([left, right]) => threshold.orientation * (left - right) + threshold.margin);
  const result = pairedBootstrap(shifted, threshold.confidence);
  return {
    difference: mean(shifted) - threshold.margin,
    lower: result.lower - threshold.margin,
    upper: result.upper - threshold.margin,
    p: result.pGreater,
    n: pairs.length,
    minimumDetectable: minimumDetectableEffect(result.standardError, threshold.confidence),
    method: 'bootstrap',
  };
}
