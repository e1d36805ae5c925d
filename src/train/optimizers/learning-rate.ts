/** How the learning rate moves over a run. */
export interface LearningRateSchedule {
  readonly name: 'constant' | 'cosine' | 'linear';
  /** Steps in which the rate rises linearly from 0 to its full value. */
  readonly warmupSteps: number;
}

/**
 * The learning rate of one step (counted from 0) of a run. After the warm-up, `cosine` and `linear` fall towards 0, which they
 * would reach after the last step. Source of the cosine: Loshchilov and Hutter, SGDR, 2017, equation 5, without restarts.
 */
export function learningRateAt(
  step: number,
  steps: number,
  options: { readonly peak: number; readonly schedule: LearningRateSchedule },
): number {
  const { peak, schedule } = options;
  if (step < schedule.warmupSteps) return (peak * (step + 1)) / schedule.warmupSteps;
  const progress = (step - schedule.warmupSteps) / Math.max(1, steps - schedule.warmupSteps);
  if (schedule.name === 'linear') return peak * (1 - progress);
  if (schedule.name === 'cosine') return (peak * (1 + Math.cos(Math.PI * progress))) / 2;
  return peak;
}
