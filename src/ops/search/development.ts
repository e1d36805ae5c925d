import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { JsonValue } from '../../base/canonical-json.ts';
import { isMgitError, MgitError } from '../../base/errors.ts';
import { orientationOf } from '../../eval/gate/direction.ts';
import { type Evaluation, metricOf } from '../../eval/gate/measurements.ts';
import { type AcceptRule, type CommandData, flatRules, type GatePolicy } from '../../eval/gate/policy.ts';
import { dataOf } from '../gate/bindings.ts';
import { measureByCommand } from '../gate/command.ts';
import { fileDigests } from '../gate/data.ts';
import { evaluateAsIs, gateImages } from '../gate/embedded.ts';
import type { GateJob, GateModel } from '../gate/job.ts';
import type { TargetPolicy } from '../gate/policy.ts';
import { checkSurroundings } from '../gate/prepare.ts';
import type { GateWorkspace } from '../gate/workspace.ts';
import type { Repository } from '../repository.ts';

/** How the models of a search are scored: on a gate's development data, of which nothing is among the gate's own. */
export interface Development {
  /** What decides a score besides the model. */
  readonly key: JsonValue;
  readonly metric: string;
  /** The metric, and its value turned so that more is better. Errors: those of measuring, `GATE_RESULT_INVALID`. */
  score(model: GateModel): Promise<DevelopmentScore>;
}

export interface DevelopmentScore {
  /** Null: the model has no finite answers. */
  readonly value: number | null;
  /** More is better; null likewise. */
  readonly score: number | null;
}

/**
 * Makes the development data of a gate ready. Errors: `SEARCH_NO_DEVELOPMENT`, `SEARCH_METRIC_UNKNOWN`, `SEARCH_DATA_SHARED` (what the gate
 * decides by is among it), `GATE_RUNNER_MISSING`, `GATE_ACCELERATOR_MISSING`, `GATE_DATA_*`.
 */
export async function openDevelopment(
  repository: Repository,
  { policy, gate, workspace }: { policy: TargetPolicy; gate: GatePolicy; workspace: GateWorkspace },
  metric: string | undefined,
): Promise<Development> {
  const tried = developmentGate(gate);
  const rule = scoredBy(gate, metric);
  await checkSurroundings(repository, policy, { gate: tried, places: PLACES });
  const [own, job] = [await workspace.open(gate), await workspace.open(tried)];
  const without = gate.eval ? await gateImages(own) : new Set<string>();
  if (gate.command) await refuseSharedFiles(own, job);
  const measure = (model: GateModel): Promise<number> =>
    gate.eval ? embedded({ job, rule }, model, without) : byCommand({ job, rule }, model);
  return {
    key: await developmentKey(repository, policy, { gate: tried, without }),
    metric: rule.metric,
    score: async model => {
      const value = await measure(model);
      return Number.isFinite(value)
        ? { value, score: orientationOf(rule) * value }
        : { value: null, score: null };
    },
  };
}

/** Where development data is pinned; nothing is trained. */
const PLACES = { eval: 'development.digest', train: '', command: 'development.data[].digest' } as const;

/** The gate as it is tried: on its development data, without fine-tuning and rules. */
function developmentGate(gate: GatePolicy): GatePolicy {
  const { development, finetune: _finetune, accept: _accept, ...rest } = gate;
  if (!development)
    throw new MgitError(
      'SEARCH_NO_DEVELOPMENT',
      `gate ${gate.name} has no development data to try merges on`,
      {
        hint: 'give it some in mgit.yaml that it does not decide by itself, such as development: { split: train, limit: 2000 }',
      },
    );
  const name = `${gate.name}.development`;
  if (!gate.eval) {
    const command = development.command ?? gate.command ?? [];
    return { ...rest, name, command, data: development.data as readonly CommandData[], accept: [] };
  }
  const { digest, limit: _limit, ...evaluation } = gate.eval;
  const isSame = development.data === undefined && development.split === (gate.eval.split ?? 'test');
  const pin = development.digest ?? (isSame ? digest : undefined);
  return {
    name,
    eval: {
      ...evaluation,
      ...(typeof development.data === 'string' ? { data: development.data } : {}),
      ...(development.split === undefined ? {} : { split: development.split }),
      ...(development.limit === undefined ? {} : { limit: development.limit }),
      ...(pin === undefined ? {} : { digest: pin }),
    },
    accept: [],
  };
}

/** The rule whose metric is searched by: the gate's first, or the first with that metric. */
function scoredBy(gate: GatePolicy, metric: string | undefined): AcceptRule {
  const rules = flatRules(gate.accept ?? []);
  const rule = metric === undefined ? rules[0] : rules.find(candidate => candidate.metric === metric);
  if (rule) return rule;
  if (metric !== undefined && (gate.command || gate.eval?.metrics.includes(metric)))
    return { metric, against: 'base' };
  throw new MgitError(
    'SEARCH_METRIC_UNKNOWN',
    metric === undefined
      ? `gate ${gate.name} has no rules that name a metric`
      : `gate ${gate.name} has no metric ${metric}`,
    { hint: 'name one that the gate reports with --metric' },
  );
}

interface Measure {
  readonly job: Omit<GateJob, 'models'>;
  readonly rule: AcceptRule;
}

async function embedded(
  { job, rule }: Measure,
  model: GateModel,
  without: ReadonlySet<string>,
): Promise<number> {
  const models = new Map([['candidate', model]]);
  try {
    return metricOf(await evaluateAsIs({ ...job, models }, model, without), rule.metric, 'candidate').value;
  } catch (error) {
    if (!isMgitError(error, 'DATA_EMPTY')) throw error;
    throw sharedData(job.gate.name, 'every item of it', error);
  }
}

async function byCommand({ job, rule }: Measure, model: GateModel): Promise<number> {
  const { measurements } = await measureByCommand({ ...job, models: new Map([['candidate', model]]) });
  const { asIs, probes } = measurements?.candidate ?? { asIs: undefined, probes: [] };
  const evaluations: readonly (Evaluation | undefined)[] = asIs
    ? [asIs]
    : probes.map(({ evaluation }) => evaluation);
  const values = (evaluations.length > 0 ? evaluations : [undefined]).map(
    evaluation => metricOf(evaluation, rule.metric, 'candidate').value,
  );
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** A file that the gate reads, too, would let the search see what it is judged by. */
async function refuseSharedFiles(
  gate: Omit<GateJob, 'models'>,
  tried: Omit<GateJob, 'models'>,
): Promise<void> {
  const judged = new Set((await filesOf(gate)).map(({ digest }) => digest));
  const shared = (await filesOf(tried)).find(({ digest }) => judged.has(digest));
  if (shared) throw sharedData(tried.gate.name, shared.path);
}

async function filesOf(job: Omit<GateJob, 'models'>): Promise<readonly { path: string; digest: string }[]> {
  const found: { path: string; digest: string }[] = [];
  for (const { path } of job.gate.data ?? [])
    for (const [name, digest] of await fileDigests(job.repository.ports.fs, resolve(job.workDirectory, path)))
      found.push({ path: name === '' ? path : `${path}/${name}`, digest });
  return found;
}

function sharedData(gate: string, what: string, cause?: unknown): MgitError {
  return new MgitError(
    'SEARCH_DATA_SHARED',
    `${gate} has ${what} in common with the data of the gate itself`,
    {
      hint: 'the winner is judged by data that the search has not seen: give the gate other development data in mgit.yaml',
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

/** A command's outcome depends on the scripts of the tip, too. */
async function developmentKey(
  { history }: Repository,
  policy: TargetPolicy,
  { gate, without }: { readonly gate: GatePolicy; readonly without: ReadonlySet<string> },
): Promise<JsonValue> {
  const data = await dataOf(history, policy, gate);
  const items = createHash('sha256')
    .update([...without].sort().join('\n'))
    .digest('hex');
  return {
    gate: gate as unknown as JsonValue,
    data: data.map(({ path, digest }) => ({ path, digest: digest ?? null })),
    without: items,
    ...(gate.command ? { scripts: policy.tree } : {}),
  };
}
