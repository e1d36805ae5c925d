import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { ComputingMethod } from '../../merge/method.ts';
import type { Repository } from '../repository.ts';
import type { DataOptions, MeasuredModels } from './measure-data.ts';
import type { PlannedModel } from './models.ts';
import type { MergeSituation } from './situation.ts';

/** Whether a method measures the models on data before it merges them. */
export function takesData({ statistics, solves }: Pick<ComputingMethod, 'statistics' | 'solves'>): boolean {
  return statistics !== undefined || solves !== undefined;
}

/** Measures on data what methods need, where they do: the runtime is loaded for nothing else. Errors: those of `measureOnData`. */
export async function withData(
  repository: Repository,
  situation: MergeSituation,
  models: readonly PlannedModel[],
  options: DataOptions & LongOperation,
): Promise<MeasuredModels> {
  if (!models.some(needsData)) return { models, measured: undefined };
  const { measureOnData } = await import('./measure-data.ts');
  return measureOnData(repository, situation, models, options);
}

function needsData({ plan }: PlannedModel): boolean {
  return plan.computed.some(({ method }) => takesData(method));
}

/** Refuses to merge by methods that measure on data where nothing was measured. Errors: `MERGE_NEEDS_DATA`. */
export function refuseUnmeasured(models: readonly PlannedModel[]): void {
  const model = models.find(candidate => needsData(candidate) && candidate.isMeasured !== true);
  const method = model?.plan.computed.find(action => takesData(action.method))?.method;
  if (method) throw withoutData(method.name);
}

/** The error of a merge that has no data for such a method. */
export function withoutData(method: string): MgitError {
  return new MgitError(
    'MERGE_NEEDS_DATA',
    `${method} measures the models on data, which this kind of merge does not have`,
    {
      hint: `merge branches: mgit merge <revision>... -s ${method} --data <path>`,
    },
  );
}
