import { MgitError } from '../../base/errors.ts';
import { relu, tanh } from '../graph/emit/elementwise.ts';
import { flatten } from '../graph/emit/layout.ts';
import { gemm } from '../graph/emit/linear.ts';
import type { Architecture, ImageShape, ParameterSpec } from './architecture.ts';
import { type ConfigObject, checkKeys, configError, oneOf, positiveIntegers, text } from './config-values.ts';

const ACTIVATIONS = { relu, tanh } as const;

/**
 * Fully connected layers with an activation between them; weights [out, in] as PyTorch's `nn.Linear` keeps them.
 * Config: `layers` (sizes, input first, classes last), `activation` (relu, tanh), `parameters` (the layers' names: a pattern with
 * `{index}` counted from 1, default `fc{index}`, or a list such as ["0", "2"] for `nn.Sequential`), `prefix` (before every name).
 */
export const mlp: Architecture = {
  name: 'mlp',
  network: config => {
    checkKeys(config, ['architecture', 'layers', 'activation', 'parameters', 'prefix', 'input']);
    const sizes = positiveIntegers(config, 'layers');
    if (sizes.length < 2)
      throw configError('layers must hold at least the size of the input and the classes');
    const activation = ACTIVATIONS[oneOf(config, 'activation', ['relu', 'tanh'])];
    const names = layerNames(config, sizes.length - 1);
    return {
      architecture: 'mlp',
      parameters: names.flatMap((name, layer) =>
        layerParameters(name, sizes[layer] ?? 0, sizes[layer + 1] ?? 0),
      ),
      classes: sizes.at(-1) ?? 0,
      checkImages: shape => checkInput(shape, sizes[0] ?? 0),
      forward: (graph, images, parameter) =>
        names.reduce(
          (value, name, layer) => {
            const input = layer === 0 ? value : activation(graph, value);
            const operands = [input, parameter(`${name}.weight`), parameter(`${name}.bias`)] as const;
            return gemm(graph, operands, { transposeRight: true });
          },
          flatten(graph, images),
        ),
    };
  },
};

function layerNames(config: ConfigObject, count: number): readonly string[] {
  const prefix = text(config, 'prefix', '');
  const { parameters } = config;
  if (!Array.isArray(parameters)) {
    const pattern = text(config, 'parameters', 'fc{index}');
    if (count > 1 && !pattern.includes('{index}')) throw configError('parameters must contain {index}');
    return Array.from(
      { length: count },
      (_, layer) => prefix + pattern.replace('{index}', String(layer + 1)),
    );
  }
  if (parameters.length !== count || !parameters.every(name => typeof name === 'string'))
    throw configError(`parameters must name ${count} layers`);
  return parameters.map(name => prefix + name);
}

function layerParameters(name: string, inputs: number, outputs: number): readonly ParameterSpec[] {
  return [
    {
      name: `${name}.weight`,
      shape: [outputs, inputs],
      trainable: true,
      initial: { kind: 'kaiming-uniform', fanIn: inputs },
    },
    { name: `${name}.bias`, shape: [outputs], trainable: true, initial: { kind: 'constant', value: 0 } },
  ];
}

function checkInput(shape: ImageShape, inputs: number): void {
  if (shape[0] * shape[1] * shape[2] !== inputs)
    throw new MgitError(
      'DATA_SHAPE',
      `images of [${shape}] do not fill the ${inputs} inputs of the network`,
      {
        hint: 'correct the first of `layers` in the config, or choose other data',
      },
    );
}
