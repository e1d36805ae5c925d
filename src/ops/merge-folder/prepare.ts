import { resolve } from 'node:path';
import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import { globMatcher } from '../../base/globs.ts';
import type { Ports } from '../../base/ports/ports.ts';
import { checkShape } from '../../merge/check-shape.ts';
import type { MergeRule } from '../../merge/merge-settings.ts';
import { measureJobs } from '../../merge/model-files/measure-jobs.ts';
import { type OpenInput, openInput } from '../../merge/model-files/open-input.ts';
import { jobOf } from '../../merge/model-files/tensor-job.ts';
import type { MissingTensors } from '../../merge/model-plan/find-inputs.ts';
import { planModel } from '../../merge/model-plan/plan-model.ts';
import type { PlannedTensor } from '../../merge/model-plan/planned-tensor.ts';
import type { OutputJob } from '../../merge/output/write-file.ts';
import { unusedParameters, unusedText } from '../../merge/recipe-file/check-parameters.ts';
import { type MergeRecipe, modelsOf } from '../../merge/recipe-file/merge-recipe.ts';
import { overrideSettings } from '../../merge/recipe-file/override-settings.ts';
import { readMergeRecipe } from '../../merge/recipe-file/read-merge-recipe.ts';
import type { Vocabulary } from '../../merge/vocabulary/vocabulary.ts';
import { parseGivenSettings } from '../merge/settings.ts';
import { takesData, withoutData } from '../merge/with-data.ts';
import { warn, warnOfTokens } from './plan-warnings.ts';
import { readVocabulary } from './read-vocabulary.ts';

/** A merge of folders and files, as it is asked for. */
export interface FolderMergeRequest extends LongOperation {
  /** Absolute; where relative paths begin. */
  readonly cwd: string;
  /** The recipe's file. */
  readonly recipe: string;
  /** The values of `-X`. */
  readonly given?: readonly string[];
  readonly missing?: MissingTensors;
}

/** A merge whose inputs are open and whose tensors are planned. Dispose it to close the inputs. */
export interface PreparedMerge extends AsyncDisposable {
  readonly recipe: MergeRecipe;
  readonly inputs: ReadonlyMap<string, OpenInput>;
  readonly vocabulary: Vocabulary | undefined;
  readonly plan: readonly PlannedTensor[];
  readonly jobs: readonly OutputJob[];
}

/**
 * Reads the recipe, opens its models and plans the merge; no tensor is read. Errors: those of recipes, plans and models; `MERGE_RECIPE_NOT_FOUND`, `MERGE_RULE_UNMATCHED`, `MERGE_MATRIX_TOO_LARGE`.
 */
export async function prepareMerge(ports: Ports, request: FolderMergeRequest): Promise<PreparedMerge> {
  const recipe = await readRecipe(ports, request);
  for (const name of unusedParameters(recipe)) warn(request, 'PARAMETER_UNUSED', unusedText(recipe, name));
  const inputs = new Map<string, OpenInput>();
  const close = async (): Promise<void> => {
    for (const input of inputs.values()) await input[Symbol.asyncDispose]();
  };
  try {
    for (const name of modelsOf(recipe)) inputs.set(name, await openInput(ports.fs, request.cwd, name));
    const vocabulary = await readVocabulary(ports.fs, recipe, inputs);
    const plan = planModel({ recipe, models: inputs, vocabulary, missing: request.missing ?? 'refuse' });
    for (const planned of plan) {
      if (planned.action !== 'compute') continue;
      if (takesData(planned.method)) throw withoutData(planned.method.name);
      checkShape(planned);
    }
    warnOfTokens(request, plan, vocabulary);
    refuseUnmatchedRules(parseGivenSettings(request.given ?? []).rules, plan);
    const jobs = plan.map(planned => ({ ...outputSpec(planned), job: jobOf(planned, inputs) }));
    return { recipe, inputs, vocabulary, plan, jobs, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The same, with what methods measure over the whole model: from here on, tensors are read. Errors: those of the methods and of reading. */
export async function measureMerge<Prepared extends Pick<PreparedMerge, 'jobs'>>(
  { fs }: Pick<Ports, 'fs'>,
  prepared: Prepared,
  { signal }: LongOperation,
): Promise<Prepared> {
  const jobs = await measureJobs(
    prepared.jobs.map(({ job }) => job),
    { fs, ...(signal ? { signal } : {}) },
  );
  return {
    ...prepared,
    jobs: prepared.jobs.map((output, at) => ({ ...output, job: jobs[at] ?? output.job })),
  };
}

function outputSpec({ name, dtype, shape }: PlannedTensor) {
  return { name, dtype, shape };
}

async function readRecipe(
  { fs }: Ports,
  { cwd, recipe, given = [] }: FolderMergeRequest,
): Promise<MergeRecipe> {
  const text = await readRecipeText(fs, cwd, recipe);
  const settings = parseGivenSettings(given);
  if (settings.base !== undefined)
    throw new MgitError('USAGE', '-X base belongs to merges of branches', {
      hint: 'name the base in the recipe',
    });
  return overrideSettings(readMergeRecipe(text, recipe), settings);
}

async function readRecipeText(fs: Ports['fs'], cwd: string, path: string): Promise<string> {
  try {
    return new TextDecoder().decode(await fs.readFile(resolve(cwd, path)));
  } catch (cause) {
    throw new MgitError('MERGE_RECIPE_NOT_FOUND', `cannot read the recipe ${path}`, {
      cause,
      hint: 'name a YAML file, as docs/merging.md describes it',
    });
  }
}

/** A misspelt name would decide nothing, in silence. */
function refuseUnmatchedRules(rules: readonly MergeRule[], plan: readonly PlannedTensor[]): void {
  const unmatched = rules.find(({ match }) => !plan.some(({ name }) => globMatcher(match)(name)));
  if (unmatched === undefined) return;
  throw new MgitError('MERGE_RULE_UNMATCHED', `no tensor is called ${unmatched.match}`, {
    hint: 'see the names with --dry-run --json',
  });
}
