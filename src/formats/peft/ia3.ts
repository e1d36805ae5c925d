import { elementCount } from '../../tensor/dtype.ts';
import {
  type AdapterConfig,
  adapterMismatch,
  adapterUnsupported,
  booleanField,
  namesField,
  refuseUnknownSettings,
} from './adapter-config.ts';
import type {
  AdaptedTensor,
  AdapterTensor,
  AdapterType,
  ScalingUpdate,
  TensorChange,
} from './adapter-type.ts';
import { replaced } from './replaced.ts';

const SUFFIX = '.ia3_l';

/**
 * IA3: a vector scales a layer's outputs (its rows and its bias) or, in feed-forward modules, its inputs (columns).
 * Sources: Liu et al. 2022 (arXiv 2205.05638), PEFT's `IA3Config`.
 */
export const ia3: AdapterType = {
  name: 'IA3',
  changes: (config, tensors) => {
    refuseUnknownSettings(config, ['fan_in_fan_out', 'feedforward_modules', 'init_ia3_weights']);
    return tensors.flatMap(tensor => {
      if (tensor.name.endsWith(SUFFIX)) return scalings(tensor, config);
      if (tensor.name.includes('.ia3_')) throw adapterUnsupported(`the tensor ${tensor.name}`);
      return [replaced(tensor)];
    });
  },
};

function scalings(vector: AdapterTensor, config: AdapterConfig): readonly TensorChange[] {
  const module = vector.name.slice(0, -SUFFIX.length);
  // PEFT compares ends of names as they are, dots or not.
  const scalesInputs = namesField(config, 'feedforward_modules').some(name => module.endsWith(name));
  const isTurned = booleanField(config, 'fan_in_fan_out');
  const weight: TensorChange = {
    kind: 'computed',
    target: `${module}.weight`,
    isOptional: false,
    update: base => scaleAxis(base, { vector, module, axis: scalesInputs === isTurned ? 0 : 1 }),
  };
  if (scalesInputs) return [weight];
  const bias: TensorChange = {
    kind: 'computed',
    target: `${module}.bias`,
    isOptional: true,
    update: base => scaleAxis(base, { vector, module, axis: 0 }),
  };
  return [weight, bias];
}

interface Scaling {
  readonly vector: AdapterTensor;
  readonly module: string;
  /** Of the tensor. */
  readonly axis: 0 | 1;
}

function scaleAxis({ shape }: AdaptedTensor, { vector, module, axis }: Scaling): ScalingUpdate {
  const length = elementCount(vector.shape);
  if (length !== shape[axis])
    throw adapterMismatch(`${module}: a vector of ${length} does not scale axis ${axis} of [${shape}]`);
  return { type: 'scaling', vector, run: elementCount(shape.slice(axis + 1)) };
}
