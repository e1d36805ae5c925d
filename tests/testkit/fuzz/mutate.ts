import type { Random } from '../../../src/base/random.ts';

/** Inputs stay this small: what a parser does with more is the soak tests' matter. */
export const LARGEST_INPUT = 32 * 1024;

/** What a mutation may draw from. */
export interface Material {
  readonly random: Random;
  /** What to splice with. */
  readonly others: readonly { readonly input: Uint8Array }[];
  readonly words: readonly Uint8Array[];
}

type Mutation = (input: Buffer, material: Material) => Uint8Array;

/** Changes an input in one to eight ways. */
export function mutate(input: Uint8Array, material: Material): Uint8Array {
  let changed: Uint8Array = input;
  const times = 1 << material.random.below(4);
  for (let time = 0; time < times; time++)
    changed = pick(MUTATIONS, material.random)(Buffer.from(changed), material);
  return changed.subarray(0, LARGEST_INPUT);
}

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  setByte,
  setNumber,
  setNumber,
  setDecimal,
  setDecimal,
  insertWord,
  insertWord,
  overwriteWord,
  removeRun,
  repeatRun,
  moveRun,
  splice,
];

function flipBit(input: Buffer, { random }: Material): Uint8Array {
  if (input.length === 0) return input;
  const at = random.below(input.length);
  input[at] = (input[at] as number) ^ (1 << random.below(8));
  return input;
}

function setByte(input: Buffer, { random }: Material): Uint8Array {
  if (input.length > 0) input[random.below(input.length)] = random.below(256);
  return input;
}

/** Numbers at the edges of what a field holds. */
const EDGES = [
  0n,
  1n,
  2n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/** Binary numbers of one to eight bytes, of both orders: an edge, or a little more or less than what is there. */
function setNumber(input: Buffer, { random }: Material): Uint8Array {
  const width = 1 << random.below(4);
  if (input.length < width) return input;
  const at = random.below(input.length - width + 1);
  const isBig = random.below(2) === 1;
  const field = input.subarray(at, at + width);
  const hex = Buffer.from(isBig ? field : Uint8Array.from(field).reverse()).toString('hex');
  const value = random.below(2) ? pick(EDGES, random) : BigInt(`0x${hex}`) + BigInt(random.below(33)) - 16n;
  const digits = BigInt.asUintN(width * 8, value)
    .toString(16)
    .padStart(width * 2, '0');
  field.set(isBig ? Buffer.from(digits, 'hex') : Buffer.from(digits, 'hex').reverse());
  return input;
}

/** A number in text. */
function setDecimal(input: Buffer, { random }: Material): Uint8Array {
  const found = [...input.toString('latin1').matchAll(/-?\d+/g)];
  if (found.length === 0) return input;
  const match = pick(found, random);
  const near = BigInt(match[0].slice(0, 40)) + BigInt(random.below(5)) - 2n;
  const text = pick([`${near}`, `${pick(EDGES, random)}`, `-${near}`, `${near}.5`, '1e308', '00'], random);
  return replaced(input, { at: match.index, length: match[0].length }, Buffer.from(text));
}

function insertWord(input: Buffer, material: Material): Uint8Array {
  const at = material.random.below(input.length + 1);
  return replaced(input, { at, length: 0 }, pick(material.words, material.random));
}

function overwriteWord(input: Buffer, material: Material): Uint8Array {
  const word = pick(material.words, material.random);
  return replaced(input, { at: material.random.below(input.length + 1), length: word.length }, word);
}

function removeRun(input: Buffer, { random }: Material): Uint8Array {
  return replaced(input, run(input, random), new Uint8Array());
}

function repeatRun(input: Buffer, { random }: Material): Uint8Array {
  const { at, length } = run(input, random);
  const times = 1 << random.below(5);
  const copies = Array.from({ length: times }, () => input.subarray(at, at + length));
  return replaced(input, { at, length: 0 }, Buffer.concat(copies));
}

function moveRun(input: Buffer, { random }: Material): Uint8Array {
  const { at, length } = run(input, random);
  return replaced(input, { at: random.below(input.length + 1), length }, input.subarray(at, at + length));
}

function splice(input: Buffer, { random, others }: Material): Uint8Array {
  const other = Buffer.from(pick(others, random).input);
  const from = run(other, random);
  return replaced(input, run(input, random), other.subarray(from.at, from.at + from.length));
}

interface Run {
  readonly at: number;
  readonly length: number;
}

/** Mostly a few bytes, at times a large part. */
function run(input: Buffer, random: Random): Run {
  const at = random.below(input.length + 1);
  const most = random.below(4) === 0 ? input.length : Math.min(input.length, 16);
  return { at, length: Math.min(input.length - at, random.below(most + 1)) };
}

function replaced(input: Buffer, { at, length }: Run, by: Uint8Array): Uint8Array {
  return Buffer.concat([input.subarray(0, at), by, input.subarray(at + length)]);
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  return items[random.below(items.length)] as Item;
}
