import type { TensorView } from '../../../../src/formats/checkpoint.ts';
import { parseAdapterConfig } from '../../../../src/formats/peft/adapter-config.ts';
import type { AdapterTensor } from '../../../../src/formats/peft/adapter-type.ts';
import { adapterType } from '../../../../src/formats/peft/registry.ts';
import type { FuzzTarget } from '../target.ts';

const tensor = (name: string, shape: readonly number[]): AdapterTensor =>
  ({
    name,
    dtype: 'F32',
    shape,
    byteOrder: 'little',
    offset: 0,
  }) satisfies TensorView as unknown as AdapterTensor;

const TENSORS = [
  tensor('a.lora_A.weight', [2, 4]),
  tensor('a.lora_B.weight', [4, 2]),
  tensor('b.ia3_l', [4, 1]),
  tensor('c.weight', [4]),
];

/** Configurations of PEFT's adapters. */
export default {
  seeds: () => [
    Buffer.from(
      '{"peft_type":"LORA","r":2,"lora_alpha":4,"use_rslora":true,"alpha_pattern":{"a":1},"target_modules":["a"]}',
    ),
    Buffer.from('{"peft_type":"IA3","feedforward_modules":["b"],"fan_in_fan_out":false}'),
  ],
  parse: input => {
    const config = parseAdapterConfig(Buffer.from(input).toString('utf8'));
    adapterType(config.peft_type).changes(config, TENSORS);
  },
  words: ['"rank_pattern":{"a":2}', '"use_dora":true', '"modules_to_save":["c"]', '"bias":"all"'],
} satisfies FuzzTarget;
