import type { MethodParameter, MethodParameters } from '../method.ts';

/** Whether a method on vectors takes the models as they are, or their changes since the base. */
export const ORIGIN_PARAMETER: MethodParameter = {
  name: 'origin',
  description: 'whether vectors are the models themselves (zero) or their changes since the base (base)',
  type: 'choice',
  choices: ['zero', 'base'],
  default: 'zero',
  perModel: false,
};

/** True when vectors are changes since the base. */
export function isFromBase(parameters: MethodParameters): boolean {
  return parameters.origin === 'base';
}
