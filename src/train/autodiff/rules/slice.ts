import type { GraphBuilder } from '../../graph/builder.ts';
import { pad, reshape, type SliceRange, slice } from '../../graph/emit/layout.ts';
import { dimension } from '../../graph/shapes.ts';
import type { Value } from '../../graph/value.ts';
import { type BackwardStep, constantInput, type GradientRule, inputOf } from '../rule.ts';

/** Zero outside the slice: each sliced axis is spread by its step and put back in its place. */
export const rule: GradientRule = {
  op: 'Slice',
  gradient: step => {
    const whole = inputOf(step.node, 0).shape;
    const place = (gradient: Value, range: Required<SliceRange>): Value =>
      placeBack(step.graph, spread(step.graph, gradient, range), {
        ...range,
        end: dimension(whole, range.axis),
      });
    return [rangesOf(step).reduce(place, step.upstream)];
  },
};

function rangesOf(step: BackwardStep): readonly Required<SliceRange>[] {
  const [starts, ends, axes, steps] = [1, 2, 3, 4].map(index => constantInput(step, index));
  return (axes ?? []).map((axis, index) => ({
    axis,
    start: starts?.[index] ?? 0,
    end: ends?.[index] ?? 0,
    step: steps?.[index] ?? 1,
  }));
}

/** Puts `step - 1` zeros after each element of an axis. */
function spread(graph: GraphBuilder, value: Value, { axis, step }: Required<SliceRange>): Value {
  if (step === 1) return value;
  const split = [...value.shape.slice(0, axis + 1), 1, ...value.shape.slice(axis + 1)];
  const zeros = split.map(() => 0);
  const after = zeros.with(axis + 1, step - 1);
  const padded = pad(graph, reshape(graph, value, split), { before: zeros, after });
  return reshape(graph, padded, value.shape.with(axis, dimension(value.shape, axis) * step));
}

/** Puts an axis at `start` into one of `end` elements; zeros of the spreading that reach beyond are cut off. */
function placeBack(graph: GraphBuilder, value: Value, { axis, start, end }: SliceRange): Value {
  const length = Math.min(dimension(value.shape, axis), end - start);
  const cut =
    length === dimension(value.shape, axis) ? value : slice(graph, value, [{ axis, start: 0, end: length }]);
  const zeros = value.shape.map(() => 0);
  if (start === 0 && length === end) return cut;
  return pad(graph, cut, { before: zeros.with(axis, start), after: zeros.with(axis, end - start - length) });
}
