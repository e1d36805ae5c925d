import { combined, type Reference } from './reference.ts';
import { added, scaled } from './vectors.ts';

export const uniformSoup: Reference = ({ models }) =>
  combined(
    models.map(() => 1 / models.length),
    models,
  );

/** As a training loop keeps it. */
export const ema: Reference = ({ models: [first = [], ...others], parameters }) => {
  const decay = Number(parameters.decay);
  const update = (average: readonly number[], model: readonly number[]) =>
    added(scaled(average, decay), scaled(model, 1 - decay));
  const magnitudes = others.map(model => model.map(Math.abs)).reduce(update, first.map(Math.abs));
  return others.reduce(update, first).map((value, i) => ({ value, magnitude: magnitudes[i] ?? 0 }));
};
