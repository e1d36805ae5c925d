import { basename, join, resolve } from 'node:path';
import { isMgitError, isSystemError, MgitError } from '../../base/errors.ts';
import { type EvaluationResult, evaluateModel } from '../../eval/evaluate.ts';
import { refuseFewItems } from '../../eval/gate/compare-items.ts';
import type { Evaluation, ModelMeasurements } from '../../eval/gate/measurements.ts';
import { type EvaluationPolicy, flatRules } from '../../eval/gate/policy.ts';
import { thresholdOf } from '../../eval/gate/threshold.ts';
import type { Role } from '../../eval/gate/verdict.ts';
import { METRICS } from '../../eval/metrics/registry.ts';
import { imageDigest } from '../../train/data/image-set.ts';
import { type ImageSource, loadImages } from '../../train/data/load-images.ts';
import type { EmbeddedRecipe } from '../../train/recipe/recipe.ts';
import { trainModel } from '../../train/train.ts';
import { treePath } from './data.ts';
import { type GateJob, type GateMeasured, type GateModel, measureModels } from './job.ts';
import { hexOf } from './outside-data.ts';
import { gateRecipe } from './recipe.ts';

/**
 * Evaluates and fine-tunes the models with mgit's own runtime: each as it is, and in mode `probe` after the same fine-tune per seed;
 * in mode `heal` base and parents get the candidate's healing first. Errors: `GATE_MODEL_MISSING`, `GATE_DATA_MISMATCH`,
 * `GATE_UNDERPOWERED`, `TASK_UNKNOWN`, those of training.
 */
export async function measureEmbedded(job: GateJob): Promise<GateMeasured> {
  const recipe = await gateRecipe(job.repository.history, job.policy, job.gate);
  const setup: Setup = { job, recipe, environment: new Map() };
  const measurements = await measureModels(job.models, (model, role) => measureModel(setup, { model, role }));
  return { measurements, environment: Object.fromEntries(setup.environment) };
}

interface Setup {
  readonly job: GateJob;
  readonly recipe: EmbeddedRecipe | undefined;
  readonly environment: Map<string, string>;
}

interface Subject {
  readonly model: GateModel;
  readonly role: Role;
}

async function measureModel(setup: Setup, subject: Subject): Promise<ModelMeasurements> {
  const { job, recipe } = setup;
  const mode = recipe ? (job.gate.finetune?.mode ?? 'probe') : undefined;
  const files = await gateModelFiles(job, subject.model);
  step(setup, subject, 'evaluating');
  if (mode === 'heal' && recipe && subject.role !== 'candidate') {
    const [seed = 0] = job.gate.finetune?.seeds ?? [recipe.seed ?? 0];
    return { asIs: await finetuned(setup, { ...subject, recipe, seed }), probes: [] };
  }
  const asIs = await evaluate(setup, { modelPath: files.path, configPath: files.config });
  refuseUnderpowered(job, asIs);
  const probes: { seed: number; evaluation: Evaluation }[] = [];
  if (mode === 'probe' && recipe)
    for (const seed of job.gate.finetune?.seeds ?? [recipe.seed ?? 0]) {
      step(setup, subject, `fine-tuning with seed ${seed}`);
      probes.push({ seed, evaluation: await finetuned(setup, { ...subject, recipe, seed }) });
    }
  return { asIs, probes };
}

/** The only model with a config that the target's tip describes, in a directory of models. Errors: `GATE_MODEL_MISSING`. */
export async function gateModelFiles(
  { policy, repository }: Pick<GateJob, 'policy' | 'repository'>,
  { directory, commit }: Pick<GateModel, 'directory' | 'commit'>,
): Promise<{ readonly path: string; readonly config: string }> {
  const { path, config } = describedModel(policy);
  for (const file of [path, config])
    if (!(await exists(repository.ports.fs, join(directory, file))))
      throw new MgitError('GATE_MODEL_MISSING', `${commit.slice(0, 10)} has no ${file}`, {
        hint: 'every model that the gate compares needs it: add it there, or change models in mgit.yaml',
      });
  return { path: join(directory, path), config: join(directory, config) };
}

/** Errors: `GATE_MODEL_MISSING`. */
function describedModel({ project }: GateJob['policy']): { readonly path: string; readonly config: string } {
  const described = project.models.flatMap(({ path, graph }) =>
    graph && 'config' in graph ? [{ path, config: graph.config }] : [],
  );
  const [only, ...others] = described;
  if (only && others.length === 0) return only;
  throw new MgitError(
    'GATE_MODEL_MISSING',
    `mgit.yaml describes ${described.length} models that could be evaluated`,
    {
      hint: 'give exactly one model a graph: { architecture: ..., config: config.json }, or evaluate with a command',
    },
  );
}

async function finetuned(
  setup: Setup,
  { model, recipe, seed }: Subject & { readonly recipe: EmbeddedRecipe; readonly seed: number },
): Promise<Evaluation> {
  const { job } = setup;
  const { path, config } = await gateModelFiles(job, model);
  const folder = join(job.outDirectory, `finetuned-${model.commit}-${seed}`);
  const outputPath = join(folder, basename(path)); // Shards lie beside their index.
  await job.repository.ports.fs.makeDirectory(folder);
  try {
    await finetune(job, { modelPath: path, configPath: config, outputPath, recipe, seed });
    return await evaluate(setup, { modelPath: outputPath, configPath: config });
  } catch (error) {
    if (isMgitError(error, 'TRAINING_DIVERGED')) return notFinite();
    throw error;
  }
}

/** One fine-tune of a gate. */
export interface GateFinetune {
  readonly modelPath: string;
  readonly configPath: string;
  readonly outputPath: string;
  readonly recipe: EmbeddedRecipe;
  readonly seed: number;
}

/** Fine-tunes a model file with the gate's budget; the data is that of the target's tip, or the pinned one. */
export async function finetune(
  job: Pick<GateJob, 'repository' | 'gate' | 'workDirectory' | 'outsideDirectory' | 'onEvent' | 'signal'>,
  { modelPath, configPath, outputPath, recipe, seed }: GateFinetune,
): Promise<void> {
  const { fs } = job.repository.ports;
  const { dataDigest } = await trainModel({
    ports: job.repository.ports,
    modelPath,
    outputPath,
    config: await readConfig(job, configPath),
    recipe: { ...recipe, data: { ...recipe.data, path: await dataPath(fs, job, recipe.data.path) } },
    root: job.workDirectory,
    seed,
    ...(job.gate.finetune?.steps === undefined ? {} : { steps: job.gate.finetune.steps }),
    ...(job.onEvent ? { onEvent: job.onEvent } : {}),
    ...(job.signal ? { signal: job.signal } : {}),
  });
  checkPin(recipe.data.path, job.gate.finetune?.digest, dataDigest);
}

async function readConfig({ repository }: Pick<GateJob, 'repository'>, path: string): Promise<string> {
  return new TextDecoder().decode(await repository.ports.fs.readFile(path));
}

/** Data of the tip's tree lies in the work directory; other data where the user has it. */
async function dataPath(
  fs: GateJob['repository']['ports']['fs'],
  job: Pick<GateJob, 'workDirectory' | 'outsideDirectory'>,
  path: string,
): Promise<string> {
  const inside = treePath(path);
  if (inside !== undefined) {
    const place = join(job.workDirectory, inside);
    if (await exists(fs, place)) return place;
  }
  return resolve(job.outsideDirectory, path);
}

async function exists(fs: GateJob['repository']['ports']['fs'], path: string): Promise<boolean> {
  try {
    await fs.stat(path);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

/** Evaluates a model as it is, on images of the gate's data that are not in `without`. Errors: as {@link measureEmbedded}. */
export async function evaluateAsIs(
  job: GateJob,
  model: GateModel,
  without: ReadonlySet<string>,
): Promise<Evaluation> {
  const { path, config } = await gateModelFiles(job, model);
  const setup = { job, recipe: undefined, environment: new Map<string, string>() };
  return evaluate(setup, { modelPath: path, configPath: config, without });
}

/** The digests of the images that a gate evaluates on. */
export async function gateImages(job: Omit<GateJob, 'models'>): Promise<ReadonlySet<string>> {
  const images = await loadImages(job.repository.ports.fs, await imageSource(job));
  return new Set(Array.from({ length: images.count }, (_, index) => imageDigest(images, index)));
}

async function imageSource(job: Omit<GateJob, 'models'>): Promise<ImageSource> {
  const policy = evaluationPolicy(job);
  return {
    path: await dataPath(job.repository.ports.fs, job, policy.data),
    split: policy.split ?? 'test',
    ...(policy.limit === undefined ? {} : { limit: policy.limit }),
  };
}

function evaluationPolicy({ gate }: Pick<GateJob, 'gate'>): EvaluationPolicy {
  if (gate.eval) return gate.eval;
  throw new Error('an embedded gate without eval');
}

interface EvaluatedFiles {
  readonly modelPath: string;
  readonly configPath: string;
  readonly without?: ReadonlySet<string>;
}

async function evaluate(
  setup: Setup,
  { modelPath, configPath, without }: EvaluatedFiles,
): Promise<Evaluation> {
  const { job } = setup;
  const policy = evaluationPolicy(job);
  const { ports } = job.repository;
  try {
    const result = await evaluateModel({
      ports,
      modelPath,
      config: await readConfig(job, configPath),
      task: policy.task,
      data: { ...(await imageSource(job)), ...(without ? { without } : {}) },
      ...(job.onEvent ? { onEvent: job.onEvent } : {}),
      ...(job.signal ? { signal: job.signal } : {}),
    });
    checkPin(policy.data, policy.digest, result.dataDigest);
    for (const [key, value] of Object.entries(result.runtime)) setup.environment.set(key, String(value));
    return evaluationOf(result);
  } catch (error) {
    if (isMgitError(error, 'MODEL_NOT_FINITE')) return notFinite();
    throw error;
  }
}

function evaluationOf({ items }: EvaluationResult): Evaluation {
  const ids = items.map(({ id }) => id);
  return {
    metrics: Object.fromEntries(
      METRICS.map(({ name, perItem }) => {
        const values = items.map(perItem);
        return [
          name,
          { value: values.reduce((sum, value) => sum + value, 0) / values.length, items: { ids, values } },
        ];
      }),
    ),
  };
}

/** A model without finite answers is a result too: it fails. */
function notFinite(): Evaluation {
  return { metrics: Object.fromEntries(METRICS.map(({ name }) => [name, { value: Number.NaN }])) };
}

/** What was read must be what is pinned, even if it changed since it was checked. */
function checkPin(path: string, pin: string | undefined, found: string): void {
  if (pin !== undefined && hexOf(pin) !== hexOf(found))
    throw new MgitError('GATE_DATA_MISMATCH', `${path} is not the data that the policy pins: ${found}`);
}

/** Says so before hours of fine-tuning: items that can never resolve the margin. */
function refuseUnderpowered({ gate }: GateJob, evaluation: Evaluation): void {
  for (const rule of flatRules(gate.accept ?? [])) {
    const items = evaluation.metrics[rule.metric]?.items;
    if (rule.stage !== 'probe' && rule.metric === 'accuracy' && items)
      refuseFewItems(items.values.length, thresholdOf(rule));
  }
}

function step({ job }: Setup, { role }: Subject, what: string): void {
  job.onEvent?.({ type: 'step', message: `${job.gate.name}: ${what} ${role}` });
}
