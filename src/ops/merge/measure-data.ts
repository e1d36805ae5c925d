import { isAbsolute, join } from 'node:path';
import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { Digest } from '../../base/ids.ts';
import { typeOf } from '../../merge/execute.ts';
import type { ComputeAction } from '../../merge/plan.ts';
import { byteLength } from '../../tensor/dtype.ts';
import { solveCoefficients } from '../../train/measure/coefficients.ts';
import { measureFisher } from '../../train/measure/fisher.ts';
import { measureGrams } from '../../train/measure/gram.ts';
import type { Measured, MeasureOptions } from '../../train/measure/measured-model.ts';
import { describeRuntime } from '../../train/runtime/describe-runtime.ts';
import { readModelAt, restoreModel } from '../history/stored-model.ts';
import { readProjectFile } from '../project/project-file.ts';
import type { Repository } from '../repository.ts';
import { scratchFolder } from '../training/scratch.ts';
import type { MeasuredSummary } from './merge-record.ts';
import type { PlannedModel } from './models.ts';
import type { MergeSituation } from './situation.ts';
import { takesData } from './with-data.ts';

/** Data as the command line names it; what is absent is as `merge.measure` of `mgit.yaml` says. */
export interface DataOptions {
  /** One path for all models, or one for each: ours first. */
  readonly data?: readonly string[];
}

/** Models with what was measured for them, and how. */
export interface MeasuredModels {
  readonly models: readonly PlannedModel[];
  readonly measured: MeasuredSummary | undefined;
}

/** Images that are drawn where nobody says how many: products of inputs need more of them than there are inputs, and cost less. */
const EXAMPLES = { fisher: 256, gram: 2048 } as const;
/** Steps of a search for coefficients. */
const STEPS = 500;

/**
 * Measures on data what some methods need of each model, with the embedded runtime, and stores it, so that it is an exact input of the
 * merge. Plans that need nothing come back as they are. Errors: `MERGE_NEEDS_DATA`, `MERGE_NEEDS_GRAPH`, those of measuring.
 */
export async function measureOnData(
  repository: Repository,
  situation: MergeSituation,
  models: readonly PlannedModel[],
  options: DataOptions & LongOperation,
): Promise<MeasuredModels> {
  const methods = new Set(
    models.flatMap(({ plan }) => plan.computed.map(({ method }) => method)).filter(takesData),
  );
  if (methods.size === 0) return { models, measured: undefined };
  const scene = await openScene(repository, situation, options);
  await using _scratch = scene.scratch;
  const result: PlannedModel[] = [];
  const digests = new Map<number, string>();
  for (const model of models) {
    const computed = await withMeasured(scene, model, digests);
    result.push({ ...model, isMeasured: true, plan: { ...model.plan, computed } });
  }
  const { seed, runtime } = scene;
  const measured = {
    methods: [...methods].map(({ name }) => name).sort(),
    data: [...digests].sort(([left], [right]) => left - right).map(([side, digest]) => ({ side, digest })),
    ...{ examples: scene.settings.examples ?? EXAMPLES, seed, runtime: { ...describeRuntime(runtime) } },
  };
  return { models: result, measured };
}

async function openScene(
  repository: Repository,
  situation: MergeSituation,
  options: DataOptions & LongOperation,
) {
  const { target, revisions } = situation;
  const project = await readProjectFile(repository.history, target.tip);
  const settings = project.merge.measure ?? {};
  const sides = [target.tip, ...revisions.map(({ commit }) => commit)];
  const paths = options.data?.length
    ? options.data
    : settings.data === undefined
      ? []
      : [settings.data].flat();
  if (paths.length !== 1 && paths.length !== sides.length) throw needsData(paths.length, sides.length);
  const dataOf = (side: number): string => (paths.length === 1 ? paths[0] : paths[side]) ?? '';
  return {
    ...{ repository, situation, project, sides, dataOf, settings },
    long: {
      ...(options.onEvent ? { onEvent: options.onEvent } : {}),
      ...(options.signal ? { signal: options.signal } : {}),
    },
    scratch: await scratchFolder(repository, 'measure'),
    seed: settings.seed ?? 0,
    runtime: { provider: 'cpu' as const, threads: repository.ports.parallelism },
  };
}

type Scene = Awaited<ReturnType<typeof openScene>>;

function needsData(given: number, sides: number): MgitError {
  const what = given === 0 ? 'no data is named' : `${given} data sets are named for ${sides} models`;
  return new MgitError('MERGE_NEEDS_DATA', `the method measures the models on data, and ${what}`, {
    hint: 'name one for all with --data, or one for each model, ours first; or say so in mgit.yaml: merge: { measure: { data: [..] } }',
  });
}

async function withMeasured(
  scene: Scene,
  { path, plan }: PlannedModel,
  digests: Map<number, string>,
): Promise<readonly ComputeAction[]> {
  const computed = [...plan.computed];
  const needs = computed.filter(({ method }) => takesData(method));
  if (needs.length === 0) return computed;
  const sides = [...new Set(needs.flatMap(({ models }) => models))].sort((left, right) => left - right);
  const model = await measurable(scene, path);
  const done = new Map<ComputeAction, ComputeAction>();
  for (const kind of ['fisher', 'gram'] as const) {
    const actions = needs.filter(({ method }) => method.statistics?.kind === kind);
    if (actions.length === 0) continue;
    const measured = new Map<number, Measured>();
    for (const side of sides) {
      const options = { ...(await model(side)), examples: scene.settings.examples ?? EXAMPLES[kind] };
      const found = await (kind === 'fisher' ? measureFisher : measureGrams)(options);
      measured.set(side, found);
      digests.set(side, found.dataDigest);
    }
    for (const [action, statistics] of await stored(scene.repository, actions, measured))
      done.set(action, { ...action, statistics });
  }
  const solved = needs.filter(({ method }) => method.solves === 'coefficients');
  for (const [action, weight] of await coefficientsOf(scene, { actions: solved, model, digests }))
    done.set(action, { ...action, parameters: { ...action.parameters, weight } });
  return computed.map(action => done.get(action) ?? action);
}

type OpenSide = (side: number | 'base') => Promise<MeasureOptions>;

/** How each side of a model is measured: its file in the scratch folder, and its data. Errors: `MERGE_NEEDS_GRAPH`. */
async function measurable(scene: Scene, path: string): Promise<OpenSide> {
  const { repository, situation, project, scratch, sides } = scene;
  const { history, ports } = repository;
  const graph = project.models.find(model => model.path === path)?.graph;
  const config = graph && 'config' in graph ? graph.config : undefined;
  const { tree } = await history.readCommit(situation.target.tip);
  const file = config === undefined ? undefined : await history.findInTree(tree, config);
  if (!file)
    throw new MgitError('MERGE_NEEDS_GRAPH', `mgit.yaml does not say how ${path} computes`, {
      hint: `describe it: models: [{ path: ${path}, graph: { architecture: mlp, config: config.json } }]`,
    });
  const text = new TextDecoder().decode(await history.readBlob(file.id));
  return async side => {
    const commit = side === 'base' ? situation.bases[0] : sides[side];
    const model = commit && (await readModelAt(repository, commit, path));
    if (!model)
      throw new MgitError('MODEL_MISSING', `${path} is no model at ${commit?.slice(0, 10)}`, {
        hint: 'methods that measure on data need the model on all sides',
      });
    const folder = join(scratch.path, String(side));
    return {
      ...scene.long,
      ...{ fs: ports.fs, config: text, examples: EXAMPLES.fisher, seed: scene.seed, runtime: scene.runtime },
      modelPath: await restoreModel(repository, model, { folder, ...scene.long }),
      data: imageSource(scene, side === 'base' ? 0 : side),
    };
  };
}

function imageSource({ repository, dataOf, settings }: Scene, side: number): MeasureOptions['data'] {
  const data = dataOf(side);
  const path = isAbsolute(data) ? data : join(repository.workTree, data);
  return { path, split: settings.split ?? 'train' };
}

/** Stores what was measured; of tensors that the architecture does not know, nothing was, and their statistics are zeros. */
async function stored(
  { store }: Repository,
  actions: readonly ComputeAction[],
  measured: ReadonlyMap<number, Measured>,
): Promise<ReadonlyMap<ComputeAction, readonly Digest[]>> {
  const writer = store.writer();
  const digests = new Map<ComputeAction, readonly Digest[]>();
  try {
    for (const action of actions) {
      const { statistics } = action.method;
      const shape = statistics?.shapeFor(typeOf(action).shape);
      const values = action.models.map(side => measured.get(side)?.values.get(action.name));
      if (!shape || (!statistics?.isRequired && values.some(value => value === undefined))) continue;
      const own: Digest[] = [];
      for (const value of values) {
        const bytes = value ? new Uint8Array(value.buffer) : new Uint8Array(byteLength('F32', shape));
        own.push(await writer.addExtent([bytes], bytes.length, { dtype: 'F32' }));
      }
      digests.set(action, own);
    }
    await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  return digests;
}

interface CoefficientSearch {
  readonly actions: readonly ComputeAction[];
  readonly model: OpenSide;
  readonly digests: Map<number, string>;
}

/** Coefficients of the tensors that all sides changed; the others keep what their method begins with. */
async function coefficientsOf(
  scene: Scene,
  { actions, model, digests }: CoefficientSearch,
): Promise<ReadonlyMap<ComputeAction, readonly number[]>> {
  const sides = [...new Set(actions.flatMap(({ models }) => models))].sort((left, right) => left - right);
  if (sides.length === 0) return new Map();
  const solved = await solveCoefficients({
    base: await model('base'),
    models: await Promise.all(sides.map(model)),
    tensors: actions.filter(({ models }) => models.length === sides.length).map(({ name }) => name),
    steps: scene.settings.steps ?? STEPS,
  });
  for (const [at, side] of sides.entries()) digests.set(side, solved.dataDigests[at] ?? '');
  const { before, after } = solved.entropy;
  scene.long.onEvent?.({
    type: 'step',
    message: `coefficients found: entropy ${before.toPrecision(3)} -> ${after.toPrecision(3)} nats`,
  });
  return new Map(
    actions.flatMap(action => {
      const weights = solved.values.get(action.name);
      return weights ? [[action, weights] as const] : [];
    }),
  );
}
