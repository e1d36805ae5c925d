import { pickleTooLarge } from './cursor.ts';
import { PICKLE_LIMITS } from './limits.ts';
import { appendTo, argumentsOf, buildState, objectOf, type PickleMachine, setEntries } from './machine.ts';
import type { PickleGlobal, PickleSequence, PickleValue } from './values.ts';

type Opcode = (machine: PickleMachine) => void;

/**
 * All opcodes of protocols 0 to 5, except `STOP`, by their byte. Each only builds data.
 * Source: CPython's `Lib/pickletools.py`, which documents the protocol.
 */
export const OPCODES: ReadonlyMap<number, Opcode> = new Map<number, Opcode>([
  // Framing.
  [0x80, m => expectProtocol(m, m.cursor.byte())],
  [0x95, m => void m.cursor.uint64()],
  // The stack and the memo.
  [code('('), m => m.mark()],
  [code('0'), m => void m.pop()],
  [code('1'), m => void m.popToMark()],
  [code('2'), m => m.push(m.top())],
  [code('p'), m => remember(m, naturalLine(m))],
  [code('q'), m => remember(m, m.cursor.byte())],
  [code('r'), m => remember(m, m.cursor.uint32())],
  [0x94, m => remember(m, m.memo.size)],
  [code('g'), m => recall(m, naturalLine(m))],
  [code('h'), m => recall(m, m.cursor.byte())],
  [code('j'), m => recall(m, m.cursor.uint32())],
  // Atoms.
  [code('N'), m => m.push(null)],
  [0x88, m => m.push(true)],
  [0x89, m => m.push(false)],
  [code('I'), m => m.push(integerLine(m))],
  [code('L'), m => m.push(integerOf(m, m.cursor.line().replace(/L$/, '')))],
  [code('F'), m => m.push(floatLine(m))],
  [code('G'), m => m.push(m.cursor.float64())],
  [code('J'), m => m.push(m.cursor.int32())],
  [code('K'), m => m.push(m.cursor.byte())],
  [code('M'), m => m.push(m.cursor.uint16())],
  [0x8a, m => m.push(longOf(m, m.cursor.byte()))],
  [0x8b, m => m.push(longOf(m, m.cursor.uint32()))],
  // Text and bytes.
  [code('S'), m => m.push(quotedLine(m))],
  [code('T'), m => m.push(bytesAsText(m, m.cursor.uint32()))],
  [code('U'), m => m.push(bytesAsText(m, m.cursor.byte()))],
  [code('V'), m => m.push(m.cursor.line())],
  [code('X'), m => m.push(text(m, m.cursor.uint32()))],
  [0x8c, m => m.push(text(m, m.cursor.byte()))],
  [0x8d, m => m.push(text(m, m.cursor.uint64()))],
  [code('B'), m => pushBytes(m, m.cursor.uint32())],
  [code('C'), m => pushBytes(m, m.cursor.byte())],
  [0x8e, m => pushBytes(m, m.cursor.uint64())],
  [0x96, m => pushBytes(m, m.cursor.uint64())],
  [0x97, m => m.fail('a buffer outside the file is named')],
  [0x98, () => {}],
  // Containers.
  [code(']'), m => m.push(sequence('list', []))],
  [code('l'), m => m.push(sequence('list', m.popToMark()))],
  [code('a'), m => appendItems(m, [m.pop()])],
  [code('e'), m => appendItems(m, m.popToMark())],
  [code(')'), m => m.push(sequence('tuple', []))],
  [code('t'), m => m.push(sequence('tuple', m.popToMark()))],
  [0x85, m => m.push(sequence('tuple', popMany(m, 1)))],
  [0x86, m => m.push(sequence('tuple', popMany(m, 2)))],
  [0x87, m => m.push(sequence('tuple', popMany(m, 3)))],
  [0x8f, m => m.push(sequence('set', []))],
  [0x91, m => m.push(sequence('set', m.popToMark()))],
  [0x90, m => appendItems(m, m.popToMark())],
  [code('}'), m => m.push({ kind: 'dict', entries: [] })],
  [code('d'), m => pushDict(m, m.popToMark())],
  [code('s'), m => putEntries(m, popMany(m, 2))],
  [code('u'), m => putEntries(m, m.popToMark())],
  // Names, and calls that are not made.
  [code('c'), m => pushGlobal(m, m.cursor.line(), m.cursor.line())],
  [0x93, m => pushNamed(m, popMany(m, 2))],
  [code('R'), m => pushCall(m, popMany(m, 2))],
  [0x81, m => pushCall(m, popMany(m, 2))],
  [0x92, m => pushKeywordCall(m, popMany(m, 3))],
  [code('i'), m => pushInstance(m, m.cursor.line(), m.cursor.line())],
  [code('o'), m => pushOldObject(m, m.popToMark())],
  [code('b'), m => buildState(m, m.pop())],
  [code('P'), m => m.push({ kind: 'persistent', id: m.cursor.line() })],
  [code('Q'), m => m.push({ kind: 'persistent', id: m.pop() })],
  // Codes of a registry that only the writing program had.
  [0x82, m => pushExtension(m, m.cursor.byte())],
  [0x83, m => pushExtension(m, m.cursor.uint16())],
  [0x84, m => pushExtension(m, m.cursor.uint32())],
]);

function code(character: string): number {
  return character.charCodeAt(0);
}

function expectProtocol(machine: PickleMachine, protocol: number): void {
  if (protocol > 5) machine.fail(`unknown protocol ${protocol}`);
}

function remember(machine: PickleMachine, index: number): void {
  machine.memo.set(index, machine.top());
}

function recall(machine: PickleMachine, index: number): void {
  const value = machine.memo.get(index);
  machine.push(value === undefined ? machine.fail(`memo ${index} is empty`) : value);
}

function popMany(machine: PickleMachine, count: number): PickleValue[] {
  const values: PickleValue[] = [];
  for (let i = 0; i < count; i++) values.unshift(machine.pop());
  return values;
}

function sequence(kind: PickleSequence['kind'], items: PickleValue[]): PickleSequence {
  return { kind, items };
}

function appendItems(machine: PickleMachine, items: readonly PickleValue[]): void {
  appendTo(machine, machine.top(), items);
}

function putEntries(machine: PickleMachine, flat: readonly PickleValue[]): void {
  setEntries(machine, machine.top(), flat);
}

function pushDict(machine: PickleMachine, flat: readonly PickleValue[]): void {
  machine.push({ kind: 'dict', entries: [] });
  putEntries(machine, flat);
}

function naturalLine(machine: PickleMachine): number {
  const line = machine.cursor.line();
  return /^[0-9]{1,10}$/.test(line) ? Number(line) : machine.fail('not a number of the memo');
}

/** `I00` and `I01` are booleans. */
function integerLine(machine: PickleMachine): PickleValue {
  const line = machine.cursor.line();
  if (line === '00' || line === '01') return line === '01';
  return integerOf(machine, line);
}

function integerOf(machine: PickleMachine, digits: string): number | bigint {
  const line = digits.trim();
  if (!/^[+-]?[0-9]+$/.test(line)) return machine.fail('not a whole number');
  if (line.length > 2 * PICKLE_LIMITS.integerBytes) throw pickleTooLarge('a whole number of many digits');
  return narrow(BigInt(line.replace(/^\+/, '')));
}

function floatLine(machine: PickleMachine): number {
  const line = machine.cursor.line().trim().toLowerCase();
  const named: Readonly<Record<string, number>> = { nan: Number.NaN, inf: Infinity, '-inf': -Infinity };
  if (Object.hasOwn(named, line)) return named[line] as number;
  if (!/^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?$/.test(line)) return machine.fail('not a number');
  return Number(line);
}

/** A little-endian number in two's complement. */
function longOf(machine: PickleMachine, length: number): number | bigint {
  if (length > PICKLE_LIMITS.integerBytes) throw pickleTooLarge(`a whole number of ${length} bytes`);
  if (length === 0) return 0;
  const digits = Buffer.from(machine.cursor.take(length)).reverse().toString('hex');
  return narrow(BigInt.asIntN(length * 8, BigInt(`0x${digits}`)));
}

function narrow(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

function quotedLine(machine: PickleMachine): string {
  const line = machine.cursor.line().trim();
  const quote = line[0];
  const isQuoted = line.length >= 2 && (quote === "'" || quote === '"') && line.endsWith(quote);
  return isQuoted ? line.slice(1, -1) : machine.fail('a string without quotes');
}

function text(machine: PickleMachine, length: number): string {
  return machine.cursor.take(length).toString('utf8');
}

/** Strings of Python 2 have no encoding; in checkpoints they are ASCII. */
function bytesAsText(machine: PickleMachine, length: number): string {
  return machine.cursor.take(length).toString('latin1');
}

function pushBytes(machine: PickleMachine, length: number): void {
  const offset = machine.cursor.origin + machine.cursor.at;
  machine.push({ kind: 'bytes', offset, bytes: machine.cursor.take(length) });
}

function pushGlobal(machine: PickleMachine, module: string, name: string): void {
  machine.push(globalOf(machine, module, name));
}

function globalOf(machine: PickleMachine, module: string, name: string): PickleGlobal {
  machine.onGlobal(module, name);
  return { kind: 'global', module, name };
}

function pushNamed(machine: PickleMachine, [module, name]: readonly PickleValue[]): void {
  if (typeof module !== 'string' || typeof name !== 'string') machine.fail('a name that is no text');
  else pushGlobal(machine, module, name);
}

function pushCall(machine: PickleMachine, [callee, args]: readonly PickleValue[]): void {
  machine.push(objectOf(callee as PickleValue, argumentsOf(machine, args as PickleValue)));
}

function pushKeywordCall(machine: PickleMachine, [callee, args, keywords]: readonly PickleValue[]): void {
  const positional = argumentsOf(machine, args as PickleValue);
  machine.push(objectOf(callee as PickleValue, [...positional, keywords as PickleValue]));
}

function pushInstance(machine: PickleMachine, module: string, name: string): void {
  const args = machine.popToMark();
  machine.push(objectOf(globalOf(machine, module, name), args));
}

function pushOldObject(machine: PickleMachine, [callee, ...args]: readonly PickleValue[]): void {
  machine.push(callee === undefined ? machine.fail('an object without a class') : objectOf(callee, args));
}

function pushExtension(machine: PickleMachine, number: number): void {
  pushGlobal(machine, 'copyreg', `extension ${number}`);
}
