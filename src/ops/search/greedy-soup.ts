import type { Repository } from '../repository.ts';
import type { SearchPlan } from './plan.ts';
import { trialOf } from './trial.ts';
import type { Trial, TrialRunner } from './trial-runner.ts';

/**
 * The greedy soup: models from the best on, each of which stays in the average if that scores no worse than without it. Revisions that do
 * not stay are not merged. Source: Wortsman et al. 2022, Model soups, https://arxiv.org/abs/2203.05482, recipe 1.
 */
export async function greedySoup(
  repository: Repository,
  plan: SearchPlan,
  runner: TrialRunner,
): Promise<Trial | undefined> {
  const singles: { readonly side: number; readonly trial: Trial }[] = [];
  for (const side of plan.sides) {
    const trial = await runner.run(ingredients(plan, [side]), () =>
      trialOf(repository, commitOf(plan, side)),
    );
    if (!trial) return bestOf(singles);
    if (trial.score !== null) singles.push({ side, trial });
  }
  const [first, ...others] = singles.toSorted(
    (left, right) => (right.trial.score ?? 0) - (left.trial.score ?? 0),
  );
  if (!first) return undefined;
  let soup = { sides: [first.side], trial: first.trial };
  for (const { side } of others) {
    const sides = [...soup.sides, side].sort((left, right) => left - right);
    const trial = await runner.run(ingredients(plan, sides));
    if (!trial) break;
    if (trial.score !== null && trial.score >= (soup.trial.score ?? 0)) soup = { sides, trial };
  }
  return soup.trial;
}

function bestOf(singles: readonly { readonly trial: Trial }[]): Trial | undefined {
  return singles
    .map(({ trial }) => trial)
    .toSorted((left, right) => (right.score ?? 0) - (left.score ?? 0))[0];
}

function commitOf({ situation }: SearchPlan, side: number) {
  return situation.revisions[side - 1]?.commit ?? situation.target.tip;
}

/** The revisions among some sides, and weights that leave the target out where it is none of them. */
function ingredients({ situation, sides: all }: SearchPlan, sides: readonly number[]) {
  const revisions = situation.revisions
    .filter((_, at) => sides.includes(at + 1))
    .map(({ revision }) => revision);
  const leavesTargetOut = all.includes(0) && !sides.includes(0);
  return { revisions, given: leavesTargetOut ? [`weight=${[0, ...revisions.map(() => 1)].join(',')}`] : [] };
}
