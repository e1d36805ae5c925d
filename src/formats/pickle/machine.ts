import { type PickleCursor, pickleInvalid, pickleTooLarge } from './cursor.ts';
import { PICKLE_LIMITS } from './limits.ts';
import { isKind, type PickleObject, type PickleValue } from './values.ts';

/** The stack machine that a pickle drives: values, marks and the memo. */
export interface PickleMachine {
  readonly cursor: PickleCursor;
  /** Told of every name that the pickle wants imported, even if it then drops it; may refuse it by throwing. */
  readonly onGlobal: OnGlobal;
  readonly memo: Map<number, PickleValue>;
  push(value: PickleValue): void;
  pop(): PickleValue;
  /** The topmost value, left in place. */
  top(): PickleValue;
  mark(): void;
  /** The values above the last mark, which goes too. */
  popToMark(): PickleValue[];
  fail(problem: string): never;
}

/** Takes notice of a name. */
export type OnGlobal = (module: string, name: string) => void;

/** A machine with an empty stack. Its methods throw `PICKLE_INVALID` and `PICKLE_TOO_LARGE`. */
export function pickleMachine(cursor: PickleCursor, onGlobal: OnGlobal): PickleMachine {
  const stack: PickleValue[] = [];
  const marks: number[] = [];
  let created = 0;
  const fail = (problem: string): never => {
    throw pickleInvalid(problem, cursor.at);
  };
  const floor = (): number => marks.at(-1) ?? 0;
  return {
    cursor,
    onGlobal,
    memo: new Map(),
    push: value => {
      if (++created > PICKLE_LIMITS.values) throw pickleTooLarge(`more than ${PICKLE_LIMITS.values} values`);
      stack.push(value);
    },
    pop: () => (stack.length > floor() ? (stack.pop() as PickleValue) : fail('a value is missing')),
    top: () =>
      stack.length > floor() ? (stack[stack.length - 1] as PickleValue) : fail('a value is missing'),
    mark: () => {
      if (marks.length >= PICKLE_LIMITS.marks) throw pickleTooLarge(`more than ${PICKLE_LIMITS.marks} marks`);
      marks.push(stack.length);
    },
    popToMark: () => {
      const start = marks.pop();
      return start === undefined ? fail('there is no mark') : stack.splice(start);
    },
    fail,
  };
}

/** What calling `callee` with `args` would give; only said, never done. */
export function objectOf(callee: PickleValue, args: readonly PickleValue[]): PickleObject {
  return { kind: 'object', callee, args, items: [], entries: [], state: null };
}

/** The items of a tuple that an opcode takes as arguments. */
export function argumentsOf(machine: PickleMachine, value: PickleValue): readonly PickleValue[] {
  return isKind(value, 'tuple') ? value.items : machine.fail('arguments are not a tuple');
}

/** Adds items to the list, set or object below. */
export function appendTo(machine: PickleMachine, target: PickleValue, items: readonly PickleValue[]): void {
  if (!isKind(target, 'list', 'set', 'object')) return machine.fail('items are added to what is no list');
  for (const item of items) target.items.push(item);
}

/** Sets entries, given as key, value, key, value, of the dictionary or object below. */
export function setEntries(machine: PickleMachine, target: PickleValue, flat: readonly PickleValue[]): void {
  if (!isKind(target, 'dict', 'object')) return machine.fail('entries are set in what is no dictionary');
  if (flat.length % 2 !== 0) return machine.fail('a key has no value');
  for (let at = 0; at < flat.length; at += 2)
    target.entries.push([flat[at] as PickleValue, flat[at + 1] as PickleValue]);
}

/** Attaches a state to an object, as `BUILD` does. */
export function buildState(machine: PickleMachine, state: PickleValue): void {
  const target = machine.top();
  if (isKind(target, 'object')) target.state = state;
  else if (isKind(target, 'global'))
    machine.onGlobal('builtins', 'setattr'); // It changes a module or class.
  else if (!isKind(target, 'persistent', 'dict', 'list', 'set'))
    machine.fail('a state is given to what is no object');
}
