import { normalQuantile } from './distributions.ts';

/** The power that a minimum detectable effect is stated for. */
export const STATED_POWER = 0.8;

/**
 * The smallest true difference that a one-sided test at `confidence` finds with 80 % power, given the standard error of the
 * difference. Source: any text on sample sizes, (z_confidence + z_power) * SE.
 */
export function minimumDetectableEffect(standardError: number, confidence: number): number {
  return (normalQuantile(confidence) + normalQuantile(STATED_POWER)) * standardError;
}

/**
 * The smallest margin that n pairs of yes/no outcomes can ever resolve: the lower bound of Tango's interval when not one pair is
 * discordant, z^2 / (n + z^2). With a smaller margin even two identical models stay inconclusive.
 */
export function smallestProportionMargin(n: number, confidence: number): number {
  const squared = normalQuantile(confidence) ** 2;
  return squared / (n + squared);
}

/** The number of pairs at which `margin` becomes resolvable at all. */
export function pairsForMargin(margin: number, confidence: number): number {
  return Math.ceil((normalQuantile(confidence) ** 2 * (1 - margin)) / margin);
}

/** Standard error of a difference of paired proportions; a discordance of none is taken as of one pair. */
export function pairedProportionError(gained: number, lost: number, n: number): number {
  const discordance = Math.max(1, gained + lost) / n;
  return Math.sqrt(Math.max(discordance - ((gained - lost) / n) ** 2, 1 / n ** 2) / n);
}
