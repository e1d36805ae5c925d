import { createHash } from 'node:crypto';
import { canonicalJson, type JsonValue } from '../../base/canonical-json.ts';
import { MgitError } from '../../base/errors.ts';
import type { GatePolicy } from '../../eval/gate/policy.ts';
import { methodNamed } from '../../merge/methods/registry.ts';
import { cmaEs } from '../../merge/search/cma-es.ts';
import { gridSearch } from '../../merge/search/grid.ts';
import {
  type Dimension,
  dimensionsOf,
  parametersAt,
  parseRange,
  toUnit,
  usualRanges,
} from '../../merge/search/space.ts';
import type { SearchStrategy } from '../../merge/search/strategy.ts';
import type { TargetPolicy } from '../gate/policy.ts';
import { listModels } from '../history/manifests-at.ts';
import { filesOf } from '../history/tree-changes.ts';
import { combinedSettings, parseGivenSettings } from '../merge/settings.ts';
import { type MergeSituation, readSituation } from '../merge/situation.ts';
import { readProjectFile } from '../project/project-file.ts';
import type { Repository } from '../repository.ts';

/** How a search goes about it. */
export const SEARCHES = ['cma-es', 'grid', 'greedy-soup'] as const;
export type SearchKind = (typeof SEARCHES)[number];

/** What is searched, and with what. */
export interface SearchRequest {
  readonly revisions: readonly string[];
  readonly gate: string;
  readonly method?: string;
  /** The values of `-X`, which stay as they are. */
  readonly given?: readonly string[];
  readonly into?: string;
  readonly search?: SearchKind;
  /** What is searched: `lambda=0.2..1.5`. Default: what the method has of the usual parameters. */
  readonly over?: readonly string[];
  readonly metric?: string;
  readonly seed?: number;
  /** Data for methods that measure, as for a merge. */
  readonly data?: readonly string[];
}

/** A search before its first trial. */
export interface SearchPlan {
  readonly kind: SearchKind;
  readonly method: string;
  readonly given: readonly string[];
  readonly situation: MergeSituation;
  readonly policy: TargetPolicy;
  readonly gate: GatePolicy;
  readonly seed: number;
  readonly data: readonly string[] | undefined;
  /** Sides of the merge that changed something: 0 is the target. */
  readonly sides: readonly number[];
  readonly dimensions: readonly Dimension[];
}

/** Trials of a CMA-ES search where nobody says how many. */
export const USUAL_TRIALS = 50;

/**
 * Looks at what is to be searched. Errors: `GATE_UNKNOWN`, `SEARCH_NOTHING`, `SEARCH_RANGE_INVALID`, `USAGE`, those of `readSituation`.
 */
export async function planSearch(repository: Repository, request: SearchRequest): Promise<SearchPlan> {
  const { revisions, given = [], into, search: kind = 'cma-es', seed = 0 } = request;
  const asked = kind === 'greedy-soup' ? soupMethod(request.method) : request.method;
  const situation = await readSituation(repository, { revisions, method: asked, given, into });
  if (situation.revisions.length === 0 || situation.isFastForward) throw nothingToSearch(situation);
  const project = await readProjectFile(repository.history, situation.target.tip);
  const settings = combinedSettings(project.merge, parseGivenSettings(given), asked);
  const method = settings.method ?? 'linear';
  const sides = await changedSides(repository, situation);
  const fixed = new Set(Object.keys(parseGivenSettings(given).parameters));
  return {
    ...{ kind, method, given, situation, seed, sides, data: request.data },
    ...(await gatePolicy(repository, situation, request.gate)),
    dimensions: kind === 'greedy-soup' ? [] : searched(method, request.over ?? [], { fixed, sides }),
  };
}

function soupMethod(method: string | undefined): string {
  if (method === undefined || method === 'linear') return 'linear';
  throw new MgitError('USAGE', `a greedy soup is an average, and not made by ${method}`, {
    hint: 'leave -s away, or search the parameters of the method with --search cma-es or grid',
  });
}

function nothingToSearch({ isFastForward, revisions }: MergeSituation): MgitError {
  const why = isFastForward
    ? `${revisions[0]?.revision} descends from the target, so that merging it computes nothing`
    : 'the target has everything already';
  return new MgitError('SEARCH_NOTHING', `there is nothing to search: ${why}`, {
    hint: 'name branches that went different ways',
  });
}

/** A target whose models are those of a merge base takes no part in what methods compute, whatever else it changed. */
async function changedSides(
  repository: Repository,
  { target, bases, revisions }: MergeSituation,
): Promise<readonly number[]> {
  const others = revisions.map((_, at) => at + 1);
  const before = new Set<string>();
  for (const base of bases)
    for (const { path, id } of await filesOf(repository, base)) before.add(`${id} ${path}`);
  for await (const { path, id } of listModels(repository, target.tip))
    if (!before.has(`${id} ${path}`)) return [0, ...others];
  return others;
}

function searched(
  name: string,
  over: readonly string[],
  { fixed, sides }: { readonly fixed: ReadonlySet<string>; readonly sides: readonly number[] },
): readonly Dimension[] {
  const method = methodNamed(name);
  const parameters = method.kind === 'compute' ? method.parameters : [];
  const ranges = over.length > 0 ? over.map(parseRange) : usualRanges(parameters, fixed);
  const twice = ranges.find(
    ({ parameter }, at) =>
      fixed.has(parameter) || ranges.slice(at + 1).some(range => range.parameter === parameter),
  );
  if (twice)
    throw new MgitError('USAGE', `${twice.parameter} is given more than once`, {
      hint: 'say each parameter once, in -X where it is fixed and in --over where it is searched',
    });
  return dimensionsOf(ranges, { name, parameters }, sides);
}

/** The gate as the target's tip has it; the branch need not be protected. */
async function gatePolicy(
  { history }: Repository,
  { target }: MergeSituation,
  name: string,
): Promise<{ readonly policy: TargetPolicy; readonly gate: GatePolicy }> {
  const project = await readProjectFile(history, target.tip);
  const gate = project.gates.find(candidate => candidate.name === name);
  if (!gate)
    throw new MgitError('GATE_UNKNOWN', `mgit.yaml at the tip of the target has no gate ${name}`, {
      hint:
        project.gates.length > 0
          ? `its gates are ${project.gates.map(item => item.name).join(', ')}`
          : 'add one, and commit it',
    });
  const { tree } = await history.readCommit(target.tip);
  const file = await history.findInTree(tree, 'mgit.yaml');
  if (!file) throw new Error('a gate without mgit.yaml');
  const protection = target.protection ?? { gates: [name] };
  const policy = {
    ref: target.ref,
    tip: target.tip,
    tree,
    project,
    projectFile: file.id,
    protection,
    gates: [gate],
    keys: [],
  };
  return { policy, gate };
}

/** The points that a search tries, by what it is told of those before. */
export function strategyOf({ kind, dimensions, seed }: SearchPlan): SearchStrategy {
  if (kind === 'grid') {
    const axes = dimensions.map(dimension =>
      dimension.grid.map(value => toUnit([dimension], [value])[0] ?? 0),
    );
    return gridSearch(axes);
  }
  return cmaEs({
    start: toUnit(
      dimensions,
      dimensions.map(({ start }) => start),
    ),
    seed,
  });
}

/** A grid's trials; undefined where their number follows from what comes of them. */
export function gridTrials({ kind, dimensions }: SearchPlan): number | undefined {
  return kind === 'grid' ? dimensions.reduce((count, { grid }) => count * grid.length, 1) : undefined;
}

/** The values of `-X` that a point stands for. */
export function givenAt({ dimensions, situation }: SearchPlan, point: Float64Array): readonly string[] {
  const parameters = parametersAt(dimensions, point, 1 + situation.revisions.length);
  return Object.entries(parameters).map(([name, value]) => `${name}=${String(value)}`);
}

/** Names a search by everything that decides which trials there are and how they are scored. */
export function searchId(
  plan: SearchPlan,
  development: { readonly key: JsonValue; readonly metric: string },
): string {
  const { kind, method, given, situation, seed, dimensions } = plan;
  const identity = {
    version: 1,
    ...{ kind, method, given, seed, data: plan.data ?? [] },
    ...{ metric: development.metric, development: development.key },
    dimensions: dimensions.map(({ parameter, model, low, high, grid }) => ({
      parameter,
      model: model ?? null,
      low,
      high,
      grid,
    })),
    tip: situation.target.tip,
    bases: situation.bases,
    revisions: situation.revisions.map(({ commit }) => commit),
  };
  return createHash('sha256').update(canonicalJson(identity)).digest('hex');
}
