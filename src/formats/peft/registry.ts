import { adapterUnsupported } from './adapter-config.ts';
import type { AdapterType } from './adapter-type.ts';
import { ia3 } from './ia3.ts';
import { lora } from './lora.ts';

/** The types of adapters that can be committed. */
export const ADAPTER_TYPES: readonly AdapterType[] = [lora, ia3];

/** The adapter type of a `peft_type`. Errors: `ADAPTER_UNSUPPORTED`. */
export function adapterType(name: unknown): AdapterType {
  const found = ADAPTER_TYPES.find(type => type.name === name);
  if (!found) throw adapterUnsupported(`peft_type ${JSON.stringify(name)}`);
  return found;
}
