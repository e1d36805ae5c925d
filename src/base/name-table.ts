import { growingBytes, growingIntegers } from './growing-columns.ts';

/** Names, each once, in the order in which they were added: held as UTF-8, not as objects. They must be valid Unicode. */
export interface NameTable {
  readonly count: number;
  nameAt(position: number): string;
  has(name: string): boolean;
  /** The name must not be there yet. */
  add(name: string): void;
}

const FIRST_SLOTS = 1024;

/** An empty table for names of about so many bytes together. Names are found by their hash; collisions are probed linearly, at most half of the slots taken. */
export function nameTable(expectedBytes?: number): NameTable {
  const text = growingBytes(expectedBytes);
  const ends = growingIntegers();
  const hashes = growingIntegers();
  /** Positions counted from 1; 0 is free. */
  let slots = new Uint32Array(FIRST_SLOTS);
  const nameAt = (position: number): string =>
    text.buffer.toString('utf8', position === 0 ? 0 : ends.at(position - 1), ends.at(position));
  /** The slot of a name, or the free one where it belongs. */
  const slotOf = (hash: number, name: string | undefined): number => {
    const last = slots.length - 1;
    let slot = hash & last;
    for (let taken = slots[slot] as number; taken > 0; taken = slots[slot] as number) {
      if (name !== undefined && hashes.at(taken - 1) === hash && nameAt(taken - 1) === name) return slot;
      slot = (slot + 1) & last;
    }
    return slot;
  };
  const grow = (): void => {
    slots = new Uint32Array(slots.length * 2);
    for (let position = 0; position < ends.length; position++)
      slots[slotOf(hashes.at(position), undefined)] = position + 1;
  };
  return {
    get count() {
      return ends.length;
    },
    nameAt,
    has: name => slots[slotOf(hashOf(name), name)] !== 0,
    add: name => {
      if (ends.length * 2 >= slots.length) grow();
      const hash = hashOf(name);
      hashes.push(hash);
      slots[slotOf(hash, undefined)] = hashes.length;
      text.appendText(name);
      ends.push(text.length);
    },
  };
}

/** FNV-1a over UTF-16 code units, 32 bits. Source: https://datatracker.ietf.org/doc/draft-eastlake-fnv/. */
function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
