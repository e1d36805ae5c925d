import { createHash } from 'node:crypto';
import type { MethodParameter, MethodParameters } from '../method.ts';
import { numberParameter } from '../parameters.ts';

/** Which elements a method draws. */
export const SEED: MethodParameter = {
  name: 'seed',
  description: 'which elements are drawn; every tensor has a seed of its own, made of this one and its name',
  type: 'number',
  default: 0,
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  perModel: false,
};

/** Complete parameters with the seed of one tensor, if they have one: the first 48 bits of the SHA-256 of seed, 0 and name. */
export function seededFor(name: string, parameters: MethodParameters): MethodParameters {
  if (parameters.seed === undefined) return parameters;
  const digest = createHash('sha256')
    .update(`${numberParameter(parameters, 'seed')}\0${name}`)
    .digest();
  return { ...parameters, seed: digest.readUIntBE(0, 6) };
}

/** The key of a model's draws: the first 64 bits of the SHA-256 of seed, 0 and the place of the model, 0 being the first. */
export function keyOf(parameters: MethodParameters, model: number): bigint {
  const seed = BigInt(Math.trunc(numberParameter(parameters, 'seed')));
  const digest = createHash('sha256').update(`${seed}\0${model}`).digest();
  return digest.readBigUInt64BE(0);
}
