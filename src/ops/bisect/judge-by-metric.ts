import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import { orientationOf } from '../../eval/gate/direction.ts';
import type { EvaluationPolicy, GatePolicy } from '../../eval/gate/policy.ts';
import { type ProjectFile, readProjectFile } from '../project/project-file.ts';
import type { Repository } from '../repository.ts';
import { evaluateRevisions } from '../training/evaluate.ts';
import type { Judge } from './bisect.ts';
import { requireBisect } from './bisect-state.ts';

/** Which measurement judges, and where good ends. */
export interface MetricOptions extends LongOperation {
  /** A gate of `mgit.yaml` at the bad commit; its evaluation is used. */
  readonly gate: string;
  /** Default: the gate's first. */
  readonly metric?: string;
  /** What separates good from bad; default: half-way between the commits that are known to be good and bad. */
  readonly threshold?: number;
}

/** A judge, and what it goes by. */
export interface MetricJudge {
  readonly judge: Judge;
  readonly metric: string;
  readonly threshold: number;
}

/**
 * Judges commits by a gate's evaluation, read from the store: nothing is checked out. As good as the threshold is good. Errors: `GATE_UNKNOWN`,
 * `BISECT_GATE_UNSUPPORTED`, `BISECT_WAITING`, `BISECT_INDISTINCT` when the good commit does not measure better than the bad one; those of `evaluateRevisions`.
 */
export async function judgeByMetric(repository: Repository, options: MetricOptions): Promise<MetricJudge> {
  const { bad, good } = await requireBisect(repository);
  if (bad === undefined || good[0] === undefined)
    throw new MgitError('BISECT_WAITING', 'a good and a bad commit must be known first', {
      hint: 'begin with "mgit bisect start <bad> <good>"',
    });
  const project = await readProjectFile(repository.history, bad);
  const policy = evaluationOf(project, options.gate);
  const metric = options.metric ?? policy.metrics[0] ?? 'accuracy';
  const direction = orientationOf({ metric });
  const measure = (commit: CommitId): Promise<number> =>
    measureCommit(repository, { commit, metric, policy, project }, options);
  const threshold = options.threshold ?? half(await measure(good[0]), await measure(bad), direction);
  const judge: Judge = async (_, commit) => {
    const value = await measure(commit.id);
    options.onEvent?.({ type: 'step', message: `${commit.id.slice(0, 7)}: ${metric} ${value.toFixed(4)}` });
    return direction * (value - threshold) >= 0 ? 'good' : 'bad';
  };
  return { judge, metric, threshold };
}

function half(good: number, bad: number, direction: 1 | -1): number {
  if (direction * (good - bad) > 0) return (good + bad) / 2;
  throw new MgitError('BISECT_INDISTINCT', `the good commit measures ${good}, the bad one ${bad}`, {
    hint: 'name another metric with --metric, or what is still good with --threshold',
  });
}

function evaluationOf({ gates }: ProjectFile, name: string): EvaluationPolicy {
  const gate: GatePolicy | undefined = gates.find(candidate => candidate.name === name);
  if (gate?.eval !== undefined) return gate.eval;
  if (gate === undefined)
    throw new MgitError('GATE_UNKNOWN', `mgit.yaml of the bad commit has no gate ${JSON.stringify(name)}`);
  throw new MgitError(
    'BISECT_GATE_UNSUPPORTED',
    `gate ${name} is a command, not an evaluation of mgit's own`,
    {
      hint: 'use "mgit bisect run <command...>", whose exit status says good or bad',
    },
  );
}

async function measureCommit(
  repository: Repository,
  request: {
    readonly commit: CommitId;
    readonly metric: string;
    readonly policy: EvaluationPolicy;
    readonly project: ProjectFile;
  },
  { onEvent, signal }: LongOperation,
): Promise<number> {
  const { commit, metric, policy, project } = request;
  const model = project.models.find(({ graph }) => graph && 'config' in graph);
  const config = model?.graph && 'config' in model.graph ? model.graph.config : undefined;
  const { revisions } = await evaluateRevisions(repository, {
    revisions: [commit],
    task: policy.task,
    data: policy.data,
    ...(policy.split ? { split: policy.split } : {}),
    ...(policy.limit === undefined ? {} : { limit: policy.limit }),
    ...(model ? { model: model.path } : {}),
    ...(config ? { config } : {}),
    ...(onEvent ? { onEvent } : {}),
    ...(signal ? { signal } : {}),
  });
  const interval = revisions[0]?.metrics[metric];
  if (interval !== undefined) return interval.estimate;
  throw new MgitError('METRIC_UNKNOWN', `the evaluation has no metric ${JSON.stringify(metric)}`, {
    hint: `it has ${Object.keys(revisions[0]?.metrics ?? {}).join(', ')}`,
  });
}
