import { combined, dot, listOf, type Reference, type ReferenceElement } from './reference.ts';
import { eachVector, lengthOf, onBase, placesOf, scaled, vectorsOf } from './vectors.ts';

export const nuslerp: Reference = input => {
  const { nuslerp_flatten, nuslerp_row_wise } = input.parameters;
  const [first = 0, second = 0] = listOf(input, 'weight');
  const places = placesOf(input.shape, nuslerp_flatten ? 'all' : nuslerp_row_wise ? 'columns' : 'rows');
  const share = second / (first + second);
  return onBase(
    input,
    eachVector(vectorsOf(input), places, parts => onArc(parts, share)),
  );
};

function onArc(vectors: readonly (readonly number[])[], t: number): readonly ReferenceElement[] {
  const [left, right] = vectors.map(vector => scaled(vector, 1 / Math.max(1e-7, lengthOf(vector)))) as [
    number[],
    number[],
  ];
  const angle = Math.acos(Math.min(1, Math.max(-1, dot(left, right))));
  const whole = Math.sin(angle);
  if (whole < 1e-6) return combined([1 - t, t], vectors);
  const arc = combined([Math.sin((1 - t) * angle) / whole, Math.sin(t * angle) / whole], vectors);
  // An angle is the less exact the nearer vectors are to parallel or opposite.
  return arc.map(({ value, magnitude }) => ({ value, magnitude: magnitude / whole ** 2 }));
}
