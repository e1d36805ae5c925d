import { type Reference, sumOf } from './reference.ts';

export const addDifference: Reference = ({ base, models: [ours = [], ...others], parameters }) =>
  ours.map((value, i) =>
    sumOf([value, ...others.map(model => Number(parameters.scale) * ((model[i] ?? 0) - (base[i] ?? 0)))]),
  );
