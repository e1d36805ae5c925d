import { givenAt, type SearchPlan, strategyOf } from './plan.ts';
import type { Trial, TrialRunner } from './trial-runner.ts';

/** Tries the points of a strategy until it is through or the runner's limits are reached; the best trial, the first of equal ones. */
export async function pointSearch(plan: SearchPlan, runner: TrialRunner): Promise<Trial | undefined> {
  const strategy = strategyOf(plan);
  const revisions = plan.situation.revisions.map(({ revision }) => revision);
  let best: Trial | undefined;
  for (let points = strategy.ask(); points.length > 0; points = strategy.ask()) {
    const scored = [];
    for (const point of points) {
      const trial = await runner.run({ given: givenAt(plan, point), revisions });
      if (!trial) return best;
      if (trial.score !== null && (best === undefined || trial.score > (best.score ?? 0))) best = trial;
      scored.push({ point, score: trial.score ?? Number.NEGATIVE_INFINITY });
    }
    strategy.tell(scored);
  }
  return best;
}
