import { combined, dot, type Reference } from './reference.ts';
import { eachVector, lengthOf, onBase, placesOf, vectorsOf } from './vectors.ts';

export const modelStock: Reference = given => {
  const places = placesOf(given.shape, given.parameters.filter_wise ? 'rows' : 'all');
  const input = { ...given, parameters: { origin: 'base' } };
  const merge = (changes: readonly (readonly number[])[]) => {
    const t = ratio(changes);
    const sum = (factor: number) =>
      combined(
        changes.map(() => factor / changes.length),
        changes,
      );
    // Rounding the changes moves their cosine, and with it a small t, more than its own magnitude tells.
    const magnitudes = sum(Math.max(1, Math.abs(t)));
    return sum(t).map(({ value }, i) => ({ value, magnitude: magnitudes[i]?.magnitude ?? 0 }));
  };
  return onBase(input, eachVector(vectorsOf(input), places, merge));
};

function ratio(changes: readonly (readonly number[])[]): number {
  const cosines = changes.flatMap((left, i) =>
    changes.slice(i + 1).map(right => {
      const cosine = dot(left, right) / Math.max(1e-6, lengthOf(left) * lengthOf(right));
      return Math.min(1, Math.max(-1, cosine));
    }),
  );
  const cosine = cosines.reduce((sum, value) => sum + value, 0) / cosines.length;
  const divisor = 1 + (changes.length - 1) * cosine;
  return divisor < 1e-6 ? 0 : (changes.length * cosine) / divisor;
}
