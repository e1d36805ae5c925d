import { parseShardIndex } from '../../../../src/formats/safetensors/shard-index.ts';
import type { FuzzTarget } from '../target.ts';

/** Indexes of sharded models. */
export default {
  seeds: () => [
    Buffer.from('{"metadata":{"total_size":4},"weight_map":{"a":"model-1.safetensors","b\\u00e9":"x/y"}}'),
    Buffer.from('{"x":[1,-2.5e3,true,false,null,{}],"weight_map":{}}'),
  ],
  parse: parseShardIndex,
  words: ['weight_map', '"..\\\\x"', '\\ud83d\\ude00', '1e999'],
} satisfies FuzzTarget;
