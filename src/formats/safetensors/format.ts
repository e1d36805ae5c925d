import type { CheckpointFormat } from '../checkpoint.ts';
import { layoutOf } from './layout.ts';
import { SAFETENSORS_LIMITS, type SafetensorsLimits } from './limits.ts';
import { readSafetensorsHeader } from './read-header.ts';

/** The safetensors format, reading within the given limits. */
export function createSafetensorsFormat(limits: SafetensorsLimits): CheckpointFormat {
  return {
    name: 'safetensors',
    isToldBySkeleton: true,
    detect: looksLikeSafetensors,
    parse: async source => layoutOf(await readSafetensorsHeader(source, limits), source.size),
  };
}

/** The safetensors format. Source: https://github.com/huggingface/safetensors#format. */
export const safetensors: CheckpointFormat = createSafetensorsFormat(SAFETENSORS_LIMITS);

/** A `{` after eight bytes of which the last is no text: broken files count too, so that they get the better error. */
function looksLikeSafetensors(head: Uint8Array): boolean {
  const [highest, brace] = head.subarray(7, 9);
  return brace === 0x7b && highest !== undefined && (highest < 0x20 || highest > 0x7e);
}
