import type { PackEntry } from '../../../../src/store/packs/pack-index.ts';
import {
  decodeLowRank,
  decodeScaling,
  encodeLowRank,
  encodeScaling,
} from '../../../../src/store/packs/prediction-parameters.ts';
import { RECORD_KINDS } from '../../../../src/store/packs/records.ts';
import { digestOf } from '../../layouts.ts';
import type { FuzzTarget } from '../target.ts';

const base = digestOf('base');
const factor = { digest: base, dtype: 'F32', isTransposed: false } as const;

/** The parameters of low-rank and IA3 records. */
export default {
  seeds: () => [
    encodeLowRank({
      base,
      dtype: 'F32',
      rows: 2,
      columns: 2,
      rank: 1,
      scale: 1,
      left: factor,
      right: factor,
    }),
    encodeScaling({ base, dtype: 'BF16', vector: { digest: base, dtype: 'F32', length: 2 }, run: 4 }),
  ],
  parse: parameters => {
    const entry = { digest: base, length: 16, parameters } as unknown as PackEntry;
    if (parameters.length > 100) decodeLowRank({ ...entry, kind: RECORD_KINDS.lowRank });
    else decodeScaling({ ...entry, kind: RECORD_KINDS.ia3 });
  },
} satisfies FuzzTarget;
