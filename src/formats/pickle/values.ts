/**
 * What a pickle describes, as plain data: nothing is imported, called or constructed. A call (`REDUCE`, `NEWOBJ`) becomes a
 * {@link PickleObject} that says what would have been called with what. Values may be shared, and may contain themselves.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleBytes
  | PickleSequence
  | PickleDict
  | PickleGlobal
  | PickleObject
  | PicklePersistent;

/** Bytes of the stream; `offset` is where they begin in the file. */
export interface PickleBytes {
  readonly kind: 'bytes';
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A list, tuple, set or frozenset. */
export interface PickleSequence {
  readonly kind: 'list' | 'tuple' | 'set';
  readonly items: PickleValue[];
}

/** A dictionary, in its order; a key that occurs twice is there twice. */
export interface PickleDict {
  readonly kind: 'dict';
  readonly entries: [key: PickleValue, value: PickleValue][];
}

/** A class or function by its name. */
export interface PickleGlobal {
  readonly kind: 'global';
  readonly module: string;
  readonly name: string;
}

/** The result of a call that was not made, with what was added to it afterwards. */
export interface PickleObject {
  readonly kind: 'object';
  readonly callee: PickleValue;
  readonly args: readonly PickleValue[];
  readonly items: PickleValue[];
  readonly entries: [key: PickleValue, value: PickleValue][];
  state: PickleValue;
}

/** A reference to something outside the pickle; for PyTorch, a storage. */
export interface PicklePersistent {
  readonly kind: 'persistent';
  readonly id: PickleValue;
}

/** `module.name` of a global, and nothing for other values. */
export function globalName(value: PickleValue | undefined): string | undefined {
  return isKind(value, 'global') ? `${value.module}.${value.name}` : undefined;
}

interface Kinds {
  readonly bytes: PickleBytes;
  readonly list: PickleSequence;
  readonly tuple: PickleSequence;
  readonly set: PickleSequence;
  readonly dict: PickleDict;
  readonly global: PickleGlobal;
  readonly object: PickleObject;
  readonly persistent: PicklePersistent;
}

/** True for a value of one of these kinds. */
export function isKind<K extends keyof Kinds>(
  value: PickleValue | undefined,
  ...kinds: readonly K[]
): value is Kinds[K] {
  return typeof value === 'object' && value !== null && (kinds as readonly string[]).includes(value.kind);
}

/** The entries of a dictionary, or of an object that behaves like one (`OrderedDict`, `defaultdict`). */
export function entriesOf(value: PickleValue | undefined): readonly [PickleValue, PickleValue][] | undefined {
  if (isKind(value, 'dict')) return value.entries;
  return isKind(value, 'object') && value.entries.length > 0 ? value.entries : undefined;
}
