import { growingBytes } from './growing-columns.ts';
import type { Digest } from './ids.ts';

/** Digests, each once, held as bytes: half a million strings would take five times as much. */
export interface DigestSet {
  readonly size: number;
  has(digest: Digest): boolean;
  /** True unless it is there already. */
  add(digest: Digest): boolean;
}

const DIGEST_BYTES = 32;
const FIRST_SLOTS = 1024;

/** A set of these digests. Their first bytes are as good as a hash; collisions are probed linearly, at most half of the slots taken. */
export function digestSet(digests: Iterable<Digest> = []): DigestSet {
  const bytes = growingBytes();
  const wanted = Buffer.alloc(DIGEST_BYTES);
  let size = 0;
  /** Positions counted from 1; 0 is free. */
  let slots = new Uint32Array(FIRST_SLOTS);
  const isWanted = (from: number): boolean =>
    bytes.buffer.readUIntBE(from, 6) === wanted.readUIntBE(0, 6) &&
    bytes.buffer.compare(wanted, 0, DIGEST_BYTES, from, from + DIGEST_BYTES) === 0;
  /** The slot of what is wanted, or the free one where it belongs. */
  const slotOfWanted = (): number => {
    const last = slots.length - 1;
    let slot = wanted.readUInt32LE(0) & last;
    for (let taken = slots[slot] as number; taken > 0; taken = slots[slot] as number) {
      if (isWanted((taken - 1) * DIGEST_BYTES)) return slot;
      slot = (slot + 1) & last;
    }
    return slot;
  };
  const grow = (): void => {
    const last = slots.length * 2 - 1;
    slots = new Uint32Array(last + 1);
    for (let position = 0; position < size; position++) {
      let slot = bytes.buffer.readUInt32LE(position * DIGEST_BYTES) & last;
      while (slots[slot] !== 0) slot = (slot + 1) & last;
      slots[slot] = position + 1;
    }
  };
  const set: DigestSet = {
    get size() {
      return size;
    },
    has: digest => {
      wanted.write(digest, 'hex');
      return slots[slotOfWanted()] !== 0;
    },
    add: digest => {
      if (size * 2 >= slots.length) grow();
      wanted.write(digest, 'hex');
      const slot = slotOfWanted();
      if (slots[slot] !== 0) return false;
      bytes.append(wanted);
      slots[slot] = ++size;
      return true;
    },
  };
  for (const digest of digests) set.add(digest);
  return set;
}
