import { MgitError } from '../../base/errors.ts';
import { pickleTooLarge } from './cursor.ts';
import { globalName, isKind, type PickleObject, type PickleValue } from './values.ts';

/** Something found in a pickle, and the path to it. */
export interface NamedFind<Found> {
  readonly name: string;
  readonly found: Found;
}

/** Containers within each other; and values that may be looked at, those that are shared as often as they are reached. */
const LIMITS = { depth: 100, visits: 2_000_000 };
/** Dictionaries in which `torch.nn.Module` keeps its parts; leaving them out gives the names of `state_dict()`. */
const MODULE_PARTS = new Set(['_parameters', '_buffers', '_modules']);

/**
 * Everything that `recognise` knows in a pickle's value, with names from the keys, attributes and positions on the way, joined by dots; a name that comes
 * again gets `#2`, `#3`... Values that contain themselves are followed once. Errors: `PICKLE_TOO_DEEP`, `PICKLE_TOO_LARGE`.
 */
export function findNamed<Found>(
  root: PickleValue,
  recognise: (value: PickleValue) => Found | undefined,
): readonly NamedFind<Found>[] {
  const finds: NamedFind<Found>[] = [];
  const uses = new Map<string, number>();
  const ancestors = new Set<PickleValue>();
  let visits = 0;
  const visit = (value: PickleValue, path: readonly string[]): void => {
    if (typeof value !== 'object' || value === null || ancestors.has(value)) return;
    if (++visits > LIMITS.visits) throw pickleTooLarge('its values contain each other too often');
    const found = recognise(value);
    if (found !== undefined) return void finds.push({ name: uniqueName(path, uses), found });
    if (ancestors.size >= LIMITS.depth)
      throw new MgitError('PICKLE_TOO_DEEP', `the pickle nests its values deeper than ${LIMITS.depth}`);
    ancestors.add(value);
    for (const [key, child] of childrenOf(value)) visit(child, key === '' ? path : [...path, key]);
    ancestors.delete(value);
  };
  visit(root, []);
  return finds;
}

function uniqueName(path: readonly string[], uses: Map<string, number>): string {
  const name = path.length === 0 ? 'tensor' : path.join('.');
  const use = (uses.get(name) ?? 0) + 1;
  uses.set(name, use);
  if (use === 1) return name;
  const numbered = `${name}#${use}`;
  uses.set(numbered, 1);
  return numbered;
}

function* childrenOf(value: PickleValue): Generator<readonly [key: string, child: PickleValue]> {
  if (isKind(value, 'list', 'tuple', 'set')) yield* numbered(value.items);
  else if (isKind(value, 'dict')) for (const [key, child] of value.entries) yield [keyText(key), child];
  else if (isKind(value, 'object')) yield* partsOf(value);
}

/** Arguments by position, then what was added, then attributes. */
function* partsOf({
  callee,
  args,
  items,
  entries,
  state,
}: PickleObject): Generator<readonly [string, PickleValue]> {
  const pairs = pairsOf(callee, args);
  if (pairs) for (const [key, child] of pairs) yield [keyText(key), child];
  else yield* numbered(args);
  yield* numbered(items);
  for (const [key, child] of entries) yield [keyText(key), child];
  if (!isKind(state, 'dict')) return yield ['', state];
  for (const [key, child] of state.entries) {
    const name = keyText(key);
    yield [MODULE_PARTS.has(name) ? '' : name, child];
  }
}

/** The entries of `OrderedDict([[key, value], ...])`, as Python 2 wrote it. */
function pairsOf(
  callee: PickleValue,
  [list]: readonly PickleValue[],
): readonly (readonly [PickleValue, PickleValue])[] | undefined {
  if (globalName(callee) !== 'collections.OrderedDict' || !isKind(list, 'list')) return undefined;
  const pairs = list.items.map(pair => (isKind(pair, 'list', 'tuple') ? pair.items : []));
  const isPairs = pairs.every(({ length }) => length === 2);
  return isPairs ? pairs.map(([key, value]) => [key as PickleValue, value as PickleValue]) : undefined;
}

function* numbered(items: readonly PickleValue[]): Generator<readonly [string, PickleValue]> {
  for (const [at, item] of items.entries()) yield [String(at), item];
}

function keyText(key: PickleValue): string {
  if (typeof key === 'string') return key.toWellFormed();
  if (isKind(key, 'tuple')) return `(${key.items.map(keyText).join(',')})`;
  return typeof key === 'object' && key !== null ? key.kind : String(key);
}
