import { createHash } from 'node:crypto';
import { isAbsolute, join } from 'node:path';
import type { JsonValue } from '../../base/canonical-json.ts';
import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { CommitId } from '../../base/ids.ts';
import { checkTask, type EvaluationResult, evaluateModel } from '../../eval/evaluate.ts';
import { metricInterval } from '../../eval/metrics/interval.ts';
import { METRICS } from '../../eval/metrics/registry.ts';
import type { Interval } from '../../eval/statistics/interval.ts';
import { type ImageSource, loadImages } from '../../train/data/load-images.ts';
import { describeRuntime } from '../../train/runtime/describe-runtime.ts';
import { modelIdentity, readModelAt, restoreModel } from '../history/stored-model.ts';
import type { Repository } from '../repository.ts';
import { cachedEvaluation } from './evaluation-cache.ts';
import { chooseEvaluation, type EvaluationChoice, type EvaluationWish } from './evaluation-choice.ts';
import { scratchFolder } from './scratch.ts';

/** What `mgit eval` evaluates. Everything that is not wished for comes from `mgit.yaml`. */
export interface EvaluateRevisionsOptions extends LongOperation, EvaluationWish {
  readonly revisions: readonly string[];
}

/** How one revision did. */
export interface RevisionEvaluation {
  readonly revision: string;
  readonly commit: CommitId;
  /** By metric, with 95 % intervals over the items. */
  readonly metrics: Readonly<Record<string, Interval>>;
  readonly items: number;
  readonly cached: boolean;
}

/** All revisions side by side, on the same data. */
export interface EvaluateRevisionsResult {
  readonly task: string;
  readonly model: string;
  readonly dataDigest: string;
  readonly revisions: readonly RevisionEvaluation[];
}

/**
 * Evaluates a model of several revisions on the same data; outcomes are cached by content.
 * Errors: `EVALUATION_UNDECIDED`, `MODEL_MISSING`, `CONFIG_MISSING`, `TASK_UNKNOWN`, those of `evaluateModel`.
 */
export async function evaluateRevisions(
  repository: Repository,
  options: EvaluateRevisionsOptions,
): Promise<EvaluateRevisionsResult> {
  const choice = await chooseEvaluation(repository, options);
  checkTask(choice.task);
  const data = imageSource(repository, choice);
  const { digest } = await loadImages(repository.ports.fs, data);
  const revisions: RevisionEvaluation[] = [];
  for (const revision of options.revisions)
    revisions.push(await evaluateRevision(repository, { revision, choice, data, digest }, options));
  return { task: choice.task, model: choice.model, dataDigest: digest, revisions };
}

interface RevisionRequest {
  readonly revision: string;
  readonly choice: EvaluationChoice;
  readonly data: DataChoice;
  readonly digest: string;
}

async function evaluateRevision(
  repository: Repository,
  { revision, choice, data, digest }: RevisionRequest,
  long: LongOperation,
): Promise<RevisionEvaluation> {
  const { ports, history } = repository;
  const commit = await history.resolveCommit(revision);
  const model = await readModelAt(repository, commit, choice.model);
  if (model === undefined)
    throw new MgitError('MODEL_MISSING', `${revision} has no model ${choice.model}`, {
      hint: 'name another revision, or another model with --model',
    });
  const config = await configAt(repository, commit, { revision, path: choice.config });
  const runtime = describeRuntime({ provider: 'cpu', threads: ports.parallelism });
  const { path: _, ...selection } = data;
  const key: JsonValue = {
    manifest: modelIdentity(model),
    config: sha256(config),
    data: { ...selection, digest },
    task: choice.task,
    runtime: { ...runtime },
  };
  const { outcome, cached } = await cachedEvaluation<EvaluationResult>(repository, key, async () => {
    await using scratch = await scratchFolder(repository, 'eval');
    const modelPath = await restoreModel(repository, model, { ...long, folder: scratch.path });
    return await evaluateModel({ ...long, ports, modelPath, config, task: choice.task, data });
  });
  const metrics = METRICS.map(metric => [metric.name, metricInterval(metric, outcome.items)] as const);
  return { revision, commit, metrics: Object.fromEntries(metrics), items: outcome.items.length, cached };
}

/** Images that are told by words alone, so that an outcome can be kept under them. */
type DataChoice = Omit<ImageSource, 'without'>;

function imageSource(repository: Repository, { data }: EvaluationChoice): DataChoice {
  const path = isAbsolute(data.path) ? data.path : join(repository.workTree, data.path);
  return { ...data, path };
}

async function configAt(
  { history }: Repository,
  commit: CommitId,
  { revision, path }: { readonly revision: string; readonly path: string },
): Promise<string> {
  const file = await history.findInTree((await history.readCommit(commit)).tree, path);
  if (file) return new TextDecoder().decode(await history.readBlob(file.id));
  throw new MgitError('CONFIG_MISSING', `${revision} has no ${path}`, {
    hint: 'name the config of the model with --config',
  });
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
