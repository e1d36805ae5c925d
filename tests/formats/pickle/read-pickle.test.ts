import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isMgitError } from '../../../src/base/errors.ts';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import { findNamed } from '../../../src/formats/pickle/find-named.ts';
import { parsePickle, readPickleAt } from '../../../src/formats/pickle/read-pickle.ts';
import { isKind, type PickleValue } from '../../../src/formats/pickle/values.ts';

/** The bytes of a pickle, written as text with `\x..` escapes. */
const parse = (text: string): PickleValue => parsePickle(Buffer.from(text, 'latin1')).value;

test.each<[string, string, PickleValue]>([
  ['None', 'N.', null],
  ['booleans of protocol 0', 'I01\n.', true],
  ['a long of protocol 0', 'L-12345678901234567890L\n.', -12345678901234567890n],
  ['a float of protocol 0', 'F1e-3\n.', 0.001],
  ['a binary float', 'G\x3f\xf8\0\0\0\0\0\0.', 1.5],
  ['a negative long', '\x8a\x01\xff.', -1],
  ['a wide long', '\x8a\x09\0\0\0\0\0\0\0\0\x01.', 2n ** 64n],
  ['text', '\x8c\x02\xc3\xa9.', 'é'],
  ['quoted text', "S'abc'\n.", 'abc'],
  ['a tuple', '(K\x01K\x02t.', { kind: 'tuple', items: [1, 2] }],
  ['a list by parts', ']K\x01a(K\x02e.', { kind: 'list', items: [1] }],
])('%s', (name, text, value) => {
  if (name === 'a list by parts') expect(parse(']K\x01a(K\x02e.')).toEqual({ kind: 'list', items: [1, 2] });
  else expect(parse(text)).toEqual(value);
});

test('a call is noted, not made, and keeps what was added to it', () => {
  expect(parse('\x80\x02ccollections\nOrderedDict\n)RK\x01K\x02s}X\x01\0\0\0aK\x03sb.')).toEqual({
    kind: 'object',
    callee: { kind: 'global', module: 'collections', name: 'OrderedDict' },
    args: [],
    items: [],
    entries: [[1, 2]],
    state: { kind: 'dict', entries: [['a', 3]] },
  });
});

test('the memo gives the same object again', () => {
  const value = parse('](K\x01q\x00h\x00te0.'.replace('e0', 'a'));
  expect(value).toEqual({ kind: 'list', items: [{ kind: 'tuple', items: [1, 1] }] });
});

test.each([
  ['a name that runs code', 'cos\nsystem\n(S"id"\ntR.', 'PICKLE_DANGEROUS'],
  ['one that is dropped at once', 'cos\nsystem\n0N.', 'PICKLE_DANGEROUS'],
  ['one from the stack', '\x8c\x05posix\x8c\x06system\x93.', 'PICKLE_DANGEROUS'],
  ['one of an old instance', '(ios\nsystem\n.', 'PICKLE_DANGEROUS'],
  ['one before the pickle breaks off', 'cos\nsystem\n(S"id', 'PICKLE_DANGEROUS'],
  ['an unknown opcode', '\xff.', 'PICKLE_INVALID'],
  ['an unknown protocol', '\x80\x09N.', 'PICKLE_INVALID'],
  ['a missing value', '0.', 'PICKLE_INVALID'],
  ['a missing mark', 't.', 'PICKLE_INVALID'],
  ['an empty memo', 'h\x07.', 'PICKLE_INVALID'],
  ['a value below a mark', 'N(0.', 'PICKLE_INVALID'],
  ['a key without a value', '}(K\x01u.', 'PICKLE_INVALID'],
  ['arguments that are no tuple', 'ccollections\nOrderedDict\nNR.', 'PICKLE_INVALID'],
  ['a string that claims 4 GiB', 'X\xff\xff\xff\xff', 'PICKLE_TRUNCATED'],
  ['a string that claims 2^60 bytes', '\x8d\0\0\0\0\0\0\0\x10', 'PICKLE_TOO_LARGE'],
  ['a number that claims 2^31 bytes', '\x8b\xff\xff\xff\x7f', 'PICKLE_TOO_LARGE'],
  ['a number of many digits', `I${'9'.repeat(9000)}\n.`, 'PICKLE_TOO_LARGE'],
  ['a line without an end', `c${'a'.repeat(70_000)}`, 'PICKLE_TOO_LARGE'],
  ['many marks', '('.repeat(200_000), 'PICKLE_TOO_LARGE'],
  ['a buffer outside the file', '\x97.', 'PICKLE_INVALID'],
  ['no end', 'N', 'PICKLE_TRUNCATED'],
])('%s is refused', (_, text, code) => {
  expect(() => parse(text)).toThrow(expect.objectContaining({ code }));
});

test('any bytes are read or refused with a code', () => {
  const opcodes = fc.array(fc.constantFrom(...'(.0123IJKMNTUVXabcdehijlopqrstu}]\x80\x85\x93\x94RQ'), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(opcodes, characters => {
      try {
        parse(characters.join(''));
      } catch (error) {
        expect(isMgitError(error)).toBe(true);
      }
    }),
  );
});

test('a long pickle in the middle of a file is read to its end', async () => {
  const long = Buffer.concat([
    Buffer.from('X\0\0\x04\0', 'latin1'),
    Buffer.alloc(0x40000, 'a'),
    Buffer.from('.'),
  ]);
  const file = Buffer.concat([Buffer.from('before'), long, Buffer.alloc(500_000)]);
  const { value, end } = await readPickleAt(memoryByteSource(file), 6);
  expect([String(value).length, end]).toEqual([0x40000, 6 + long.length]);
});

const numbersIn = (value: PickleValue) =>
  findNamed(value, item => (isKind(item, 'bytes') ? item.bytes.length : undefined)).map(({ name }) => name);

test('names come from keys, positions and attributes; a second one of a name is numbered', () => {
  expect(numbersIn(parse('}(X\x01\0\0\0aC\x01xX\x01\0\0\0a(C\x01yC\x01ztX\x01\0\0\0aC\x01zu.'))).toEqual([
    'a',
    'a.0',
    'a.1',
    'a#2',
  ]);
});

test('a value that contains itself is followed once', () => {
  expect(numbersIn(parse(']q\x00h\x00aC\x01xa.'))).toEqual(['1']);
});

test('values that contain each other many times over end in a coded error, not in memory', () => {
  const layers = Array.from({ length: 30 }, () => 'q\x00](h\x00h\x00h\x00e').join('');
  expect(() => numbersIn(parse(`]${layers}.`))).toThrow(
    expect.objectContaining({ code: 'PICKLE_TOO_LARGE' }),
  );
});

test('values nested deeper than any checkpoint end in a coded error', () => {
  expect(() => numbersIn(parse(`${'('.repeat(500)}N${'t'.repeat(500)}.`))).toThrow(
    expect.objectContaining({ code: 'PICKLE_TOO_DEEP' }),
  );
});
