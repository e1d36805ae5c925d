import { MgitError } from '../../base/errors.ts';
import type { MethodParameter } from '../method.ts';

/** One number that is searched. */
export interface Dimension {
  readonly parameter: string;
  /** The model whose value it is, where the parameter has one for each. */
  readonly model: number | undefined;
  readonly low: number;
  readonly high: number;
  /** The values that a grid takes. */
  readonly grid: readonly number[];
  /** Where a search begins. */
  readonly start: number;
}

/** What is searched of one parameter: `lambda=0.2..1.5`, `lambda=0.2..1.5/6` (six values in a grid), or `lambda=0.3,0.5,1`. */
export interface SearchedRange {
  readonly parameter: string;
  readonly low: number;
  readonly high: number;
  readonly grid: readonly number[];
}

/** Values of a grid where nobody says how many. */
const GRID_VALUES = 5;
const MOST_GRID_VALUES = 1000;
/** Ranges of parameters that say by themselves where good values lie. Source: the papers of the methods that have them. */
const USUAL: Readonly<Record<string, readonly [low: number, high: number]>> = {
  weight: [0, 1],
  lambda: [0.1, 1.5],
  density: [0.05, 1],
  t: [0, 1],
  decay: [0.5, 1],
  scale: [0, 1.5],
  common_space_fraction: [0.1, 1],
  select_topk: [0.05, 1],
  tall_lambda: [0.1, 1],
};

/** Reads what is to be searched. Errors: `SEARCH_RANGE_INVALID`. */
export function parseRange(text: string): SearchedRange {
  const [, parameter, values] = /^([A-Za-z_]\w*)=(.+)$/.exec(text) ?? [];
  if (parameter === undefined || values === undefined)
    throw rangeInvalid(text, 'it is not of the form key=values');
  const [, from, to, count] = /^([^,]+?)\.\.([^,]+?)(?:\/(\d+))?$/.exec(values) ?? [];
  const numbers = (from === undefined ? values.split(',') : [from, to]).map(part => numberOf(part, text));
  if (from === undefined)
    return rangeOf(parameter, { low: Math.min(...numbers), high: Math.max(...numbers) }, numbers);
  const [low = 0, high = 0] = numbers;
  if (!(low < high)) throw rangeInvalid(text, 'it does not rise');
  return rangeOf(parameter, { low, high }, evenly(low, high, gridCount(count, text)));
}

function gridCount(text: string | undefined, range: string): number {
  const count = text === undefined ? GRID_VALUES : Number(text);
  if (count >= 2 && count <= MOST_GRID_VALUES) return count;
  throw rangeInvalid(range, `a grid has 2 to ${MOST_GRID_VALUES} values`);
}

function rangeOf(
  parameter: string,
  ends: { low: number; high: number },
  grid: readonly number[],
): SearchedRange {
  return { parameter, ...ends, grid: [...new Set(grid)] };
}

function numberOf(part: string | undefined, text: string): number {
  const value = part === undefined || part.trim() === '' ? Number.NaN : Number(part);
  if (Number.isFinite(value)) return value;
  throw rangeInvalid(text, `${JSON.stringify(part)} is no number`);
}

function evenly(low: number, high: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => neat(low + ((high - low) * at) / (count - 1)));
}

/** Values that are tried have so many digits: more mean nothing, and these can be read. */
export function neat(value: number): number {
  return Number(value.toPrecision(5));
}

/** The parameters of a method that are searched unless something else is said. */
export function usualRanges(
  parameters: readonly MethodParameter[],
  fixed: ReadonlySet<string>,
): readonly SearchedRange[] {
  return parameters.flatMap(({ name }) => {
    const ends = fixed.has(name) || !Object.hasOwn(USUAL, name) ? undefined : USUAL[name];
    return ends ? [rangeOf(name, { low: ends[0], high: ends[1] }, evenly(...ends, GRID_VALUES))] : [];
  });
}

/**
 * The dimensions of a search: one for each range, or for each of `models` where the method takes a value for each. Errors:
 * `SEARCH_RANGE_INVALID`, `SEARCH_NOTHING`.
 */
export function dimensionsOf(
  ranges: readonly SearchedRange[],
  method: { readonly name: string; readonly parameters: readonly MethodParameter[] },
  models: readonly number[],
): readonly Dimension[] {
  const dimensions = ranges.flatMap(range => {
    const parameter = method.parameters.find(({ name }) => name === range.parameter);
    if (parameter?.type !== 'number')
      throw rangeInvalid(range.parameter, `${method.name} has no number of this name`);
    checkEnds(range, parameter);
    const start = startOf(range, parameter);
    return (parameter.perModel ? models : [undefined]).map(model => ({ ...range, model, start }));
  });
  if (dimensions.length > 0) return dimensions;
  throw new MgitError('SEARCH_NOTHING', `no parameter of ${method.name} is searched`, {
    hint: 'say which, such as --over lambda=0.2..1.5, or search for a soup with --search greedy-soup',
  });
}

function checkEnds(range: SearchedRange, { minimum, maximum }: MethodParameter): void {
  if ((minimum !== undefined && range.low < minimum) || (maximum !== undefined && range.high > maximum))
    throw rangeInvalid(
      range.parameter,
      `it must be from ${minimum ?? 'any number'} to ${maximum ?? 'any number'}`,
    );
}

function startOf({ low, high }: SearchedRange, { default: usual }: MethodParameter): number {
  return typeof usual === 'number' && usual > low && usual < high ? usual : (low + high) / 2;
}

function rangeInvalid(range: string, problem: string): MgitError {
  return new MgitError('SEARCH_RANGE_INVALID', `cannot search over ${range}: ${problem}`, {
    hint: 'give --over <parameter>=<low>..<high>, or its values: --over lambda=0.2,0.5,1',
  });
}

/** A place in the unit box for a value of each dimension, and back. */
export function toUnit(dimensions: readonly Dimension[], values: readonly number[]): Float64Array {
  return Float64Array.from(dimensions, ({ low, high }, at) =>
    high > low ? ((values[at] ?? low) - low) / (high - low) : 0,
  );
}

/** The parameters that a point of the unit box stands for; of a parameter with a value for each of `count` models, those not searched have 1. */
export function parametersAt(
  dimensions: readonly Dimension[],
  point: Float64Array,
  count: number,
): Readonly<Record<string, number | readonly number[]>> {
  const parameters: Record<string, number | number[]> = {};
  for (const [at, { parameter, model, low, high }] of dimensions.entries()) {
    const value = neat(low + (high - low) * (point[at] ?? 0));
    if (model === undefined) parameters[parameter] = value;
    else {
      const known = parameters[parameter];
      const list = Array.isArray(known) ? known : new Array<number>(count).fill(1);
      list[model] = value;
      parameters[parameter] = list;
    }
  }
  return parameters;
}
