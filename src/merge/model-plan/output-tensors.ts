import { MgitError } from '../../base/errors.ts';
import type { MergeRecipe, RecipePart, RecipeSlice, RecipeSource } from '../recipe-file/merge-recipe.ts';
import type { InputModel } from './input-model.ts';
import { countLayers, depthOfLayer, depthOutside, layerName } from './layer-name.ts';

/** A tensor of the result, and by which names its sources have it. Nothing is known yet of whether they do. */
export interface OutputTensor {
  readonly name: string;
  /** How far into the layers it is, from 0 to 1. */
  readonly depth: number;
  readonly part: RecipePart;
  readonly slice: RecipeSlice;
  readonly sources: readonly OutputSource[];
}

/** A tensor of a model that goes into the result. */
export interface OutputSource {
  readonly source: RecipeSource;
  readonly name: string;
}

/** Models by what the recipe calls them. */
export type ModelsByName = ReadonlyMap<string, InputModel>;

/**
 * The tensors of the result in the order in which they are written: what comes before the layers, the layers, what follows them.
 * Errors: `MERGE_LAYER_MISSING`, `MERGE_STACKS_AMBIGUOUS`, `MERGE_MODULE_UNKNOWN`.
 */
export function outputTensors(recipe: MergeRecipe, models: ModelsByName): readonly OutputTensor[] {
  const prefixes = recipe.parts.flatMap(({ prefix }) => prefix ?? []);
  const tensors = recipe.parts.flatMap(part => {
    const isIn = (name: string): boolean =>
      part.prefix === undefined
        ? !prefixes.some(other => name.startsWith(`${other}.`))
        : name.startsWith(`${part.prefix}.`);
    const found = partTensors(part, models, isIn);
    if (found.length === 0 && part.prefix !== undefined) throw moduleUnknown(part.prefix);
    return found;
  });
  return tensors.sort(compareOutput);
}

function partTensors(
  part: RecipePart,
  models: ModelsByName,
  isIn: (name: string) => boolean,
): readonly OutputTensor[] {
  const [first] = part.slices;
  const isSliced = part.slices.some(({ sources }) => sources.some(({ layers }) => layers !== undefined));
  if (first === undefined) return [];
  if (!isSliced) return wholeTensors(part, first, namesOf(first, models).filter(isIn));
  const stack = stackOf(part, models, isIn);
  return [
    ...outsideTensors(part, models, name => isIn(name) && layerName(name)?.stack !== stack),
    ...stackedTensors(part, models, stack),
  ];
}

/** All names that the models of a slice have. */
function namesOf({ sources }: RecipeSlice, models: ModelsByName): readonly string[] {
  return [...new Set(sources.flatMap(({ model }) => [...(models.get(model)?.tensors.keys() ?? [])]))];
}

function wholeTensors(
  part: RecipePart,
  slice: RecipeSlice,
  names: readonly string[],
): readonly OutputTensor[] {
  const layers = countLayers(names);
  return names.map(name => {
    const at = layerName(name);
    const depth = at ? depthOfLayer(at.layer, layers.get(at.stack) ?? 1) : depthOutside(name);
    return { name, depth, part, slice, sources: slice.sources.map(source => ({ source, name })) };
  });
}

/** What is outside of the stack comes from the models of the first slice, or, behind the layers, of the last. */
function outsideTensors(
  part: RecipePart,
  models: ModelsByName,
  isOutside: (name: string) => boolean,
): readonly OutputTensor[] {
  const [first, last] = [part.slices[0], part.slices.at(-1)] as [RecipeSlice, RecipeSlice];
  const before = wholeTensors(part, first, namesOf(first, models).filter(isOutside));
  const behind = wholeTensors(part, last, namesOf(last, models).filter(isOutside));
  const isBehind = ({ name }: OutputTensor): boolean => !layerName(name) && depthOutside(name) === 1;
  return [...before.filter(tensor => !isBehind(tensor)), ...behind.filter(isBehind)];
}

function stackedTensors(part: RecipePart, models: ModelsByName, stack: string): readonly OutputTensor[] {
  const tensors: OutputTensor[] = [];
  let layer = 0;
  for (const slice of part.slices) {
    const [from, to] = slice.sources[0]?.layers ?? [0, 0];
    for (let offset = 0; offset < to - from; offset++, layer++)
      tensors.push(...layerTensors({ part, slice, stack, layer, offset }, models));
  }
  return tensors;
}

interface SlicedLayer {
  readonly part: RecipePart;
  readonly slice: RecipeSlice;
  readonly stack: string;
  /** In the result. */
  readonly layer: number;
  /** Within the slice. */
  readonly offset: number;
}

function layerTensors(
  { part, slice, stack, layer, offset }: SlicedLayer,
  models: ModelsByName,
): OutputTensor[] {
  const [from, to] = slice.sources[0]?.layers ?? [0, 0];
  const depth = depthOfLayer(offset, to - from);
  const rests = new Set<string>();
  for (const source of slice.sources) {
    const found = restsOf(models.get(source.model), `${stack}.${(source.layers?.[0] ?? 0) + offset}.`);
    if (found.length === 0) throw layerMissing(source, stack, offset);
    for (const rest of found) rests.add(rest);
  }
  return [...rests].map(rest => ({
    name: `${stack}.${layer}.${rest}`,
    depth,
    part,
    slice,
    sources: slice.sources.map(source => ({
      source,
      name: `${stack}.${(source.layers?.[0] ?? 0) + offset}.${rest}`,
    })),
  }));
}

function restsOf(model: InputModel | undefined, prefix: string): readonly string[] {
  const names = [...(model?.tensors.keys() ?? [])];
  return names.filter(name => name.startsWith(prefix)).map(name => name.slice(prefix.length));
}

/** Keys of `config.json` that count the layers of the stack that slices mean. */
const LAYER_COUNTS = ['num_hidden_layers', 'n_layer', 'num_layers', 'n_layers', 'n_head_layers'];

/** The stack that slices are made of: the only one, or the one with as many layers as `config.json` says. */
function stackOf(part: RecipePart, models: ModelsByName, isIn: (name: string) => boolean): string {
  const model = models.get(part.slices[0]?.sources[0]?.model ?? '');
  const stacks = [...countLayers([...(model?.tensors.keys() ?? [])].filter(isIn))];
  const counted = LAYER_COUNTS.map(key => model?.config?.[key]).find(value => typeof value === 'number');
  const fitting = stacks.length === 1 ? stacks : stacks.filter(([, layers]) => layers === counted);
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only[0];
  const names = stacks.map(([stack, layers]) => `${stack} (${layers} layers)`).join(', ');
  throw new MgitError(
    'MERGE_STACKS_AMBIGUOUS',
    stacks.length === 0 ? `${model?.name} has no layers to slice` : `layers of which of these: ${names}`,
    { hint: 'write the recipe with modules, named after the beginning of the tensor names' },
  );
}

function layerMissing(source: RecipeSource, stack: string, offset: number): MgitError {
  const layer = (source.layers?.[0] ?? 0) + offset;
  return new MgitError('MERGE_LAYER_MISSING', `${source.model} has no layer ${layer} in ${stack}`, {
    hint: 'correct the layer range: it counts from 0, and its end is not part of it',
  });
}

function moduleUnknown(prefix: string): MgitError {
  return new MgitError(
    'MERGE_MODULE_UNKNOWN',
    `no tensor's name begins with ${JSON.stringify(`${prefix}.`)}`,
    {
      hint: 'name modules after the beginning of the tensor names, or "default" for the whole model',
    },
  );
}

function compareOutput(left: OutputTensor, right: OutputTensor): number {
  const [a, b] = [layerName(left.name), layerName(right.name)];
  const groupOf = (tensor: OutputTensor, at: typeof a): number => (at ? 1 : depthOutside(tensor.name) * 2);
  return (
    groupOf(left, a) - groupOf(right, b) ||
    compare(a?.stack ?? '', b?.stack ?? '') ||
    (a?.layer ?? 0) - (b?.layer ?? 0) ||
    compare(left.name, right.name)
  );
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
