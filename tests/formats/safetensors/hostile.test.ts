import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isMgitError } from '../../../src/base/errors.ts';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import { createSafetensorsFormat, safetensors } from '../../../src/formats/safetensors/format.ts';
import { SAFETENSORS_LIMITS } from '../../../src/formats/safetensors/limits.ts';
import { f32, rawSafetensorsFile, safetensorsFile } from '../../testkit/safetensors-file.ts';

const parse = (bytes: Uint8Array) => safetensors.parse(memoryByteSource(bytes));
const entry = (name: string, rest: string): string => `{"${name}":{${rest}}}`;

test.each([
  ['an empty file', new Uint8Array(), 'SAFETENSORS_TRUNCATED'],
  [
    'a header longer than the file',
    Buffer.from('e803000000000000{}', 'latin1'),
    'SAFETENSORS_HEADER_TOO_LARGE',
  ],
  [
    'a header of 2^64 - 1 bytes',
    Buffer.concat([Buffer.alloc(8, 255), Buffer.from('{}')]),
    'SAFETENSORS_HEADER_TOO_LARGE',
  ],
  ['no JSON object', rawSafetensorsFile('[]'), 'SAFETENSORS_HEADER_INVALID'],
  ['white space first', rawSafetensorsFile(' {}'), 'SAFETENSORS_HEADER_INVALID'],
  ['no JSON at all', rawSafetensorsFile(''), 'SAFETENSORS_HEADER_INVALID'],
  [
    'bytes that are not UTF-8',
    rawSafetensorsFile(Buffer.from('{"\xff":1}', 'latin1')),
    'SAFETENSORS_HEADER_INVALID',
  ],
  ['text after the object', rawSafetensorsFile('{}{}'), 'SAFETENSORS_HEADER_INVALID'],
  ['a comma too many', rawSafetensorsFile('{"__metadata__":{"a":"b",}}'), 'SAFETENSORS_HEADER_INVALID'],
  [
    'a control character in a string',
    rawSafetensorsFile('{"__metadata__":{"a":"\n"}}'),
    'SAFETENSORS_HEADER_INVALID',
  ],
  ['an unknown escape', rawSafetensorsFile('{"__metadata__":{"a":"\\x"}}'), 'SAFETENSORS_HEADER_INVALID'],
  ['a lone surrogate', rawSafetensorsFile('{"__metadata__":{"a":"\\ud800"}}'), 'SAFETENSORS_HEADER_INVALID'],
  [
    'metadata that is no string',
    rawSafetensorsFile('{"__metadata__":{"a":1}}'),
    'SAFETENSORS_HEADER_INVALID',
  ],
  [
    'metadata twice',
    rawSafetensorsFile('{"__metadata__":{},"__metadata__":{}}'),
    'SAFETENSORS_HEADER_INVALID',
  ],
  ['deep nesting', rawSafetensorsFile(entry('a', `"x":${'['.repeat(50_000)}`)), 'SAFETENSORS_HEADER_INVALID'],
  ['a number that is none', rawSafetensorsFile(entry('a', '"shape":[01]')), 'SAFETENSORS_HEADER_INVALID'],
  ['a negative dimension', rawSafetensorsFile(entry('a', '"shape":[-1]')), 'SAFETENSORS_HEADER_INVALID'],
  ['a fraction', rawSafetensorsFile(entry('a', '"shape":[1.0]')), 'SAFETENSORS_HEADER_INVALID'],
  [
    'an offset beyond 2^53',
    rawSafetensorsFile(entry('a', '"shape":[9007199254740993]')),
    'SAFETENSORS_HEADER_INVALID',
  ],
  [
    'too many dimensions',
    rawSafetensorsFile(entry('a', `"shape":[${'1,'.repeat(64)}1]`)),
    'SAFETENSORS_HEADER_INVALID',
  ],
  ['three offsets', rawSafetensorsFile(entry('a', '"data_offsets":[0,1,2]')), 'SAFETENSORS_HEADER_INVALID'],
  [
    'one offset',
    rawSafetensorsFile(entry('a', '"dtype":"U8","shape":[1],"data_offsets":[0]')),
    'SAFETENSORS_TENSOR_INVALID',
  ],
  [
    'no dtype',
    rawSafetensorsFile(entry('a', '"shape":[1],"data_offsets":[0,1]'), 1),
    'SAFETENSORS_TENSOR_INVALID',
  ],
  [
    'an unknown dtype',
    rawSafetensorsFile(entry('a', '"dtype":"F7","shape":[1],"data_offsets":[0,1]'), 1),
    'DTYPE_UNKNOWN',
  ],
  [
    'a shape beyond 2^53',
    rawSafetensorsFile(entry('a', '"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,1]'), 1),
    'SHAPE_TOO_LARGE',
  ],
  [
    'half a byte',
    rawSafetensorsFile(entry('a', '"dtype":"F4","shape":[3],"data_offsets":[0,1]'), 1),
    'DTYPE_MISALIGNED',
  ],
  [
    'a wrong length',
    rawSafetensorsFile(entry('a', '"dtype":"F32","shape":[2],"data_offsets":[0,4]'), 4),
    'SAFETENSORS_TENSOR_INVALID',
  ],
  [
    'an end before the begin',
    rawSafetensorsFile(entry('a', '"dtype":"U8","shape":[0],"data_offsets":[4,0]'), 4),
    'SAFETENSORS_TENSOR_INVALID',
  ],
  [
    'a hole',
    rawSafetensorsFile(entry('a', '"dtype":"U8","shape":[4],"data_offsets":[4,8]'), 8),
    'SAFETENSORS_TENSOR_INVALID',
  ],
  [
    'data beyond the end',
    rawSafetensorsFile(entry('a', '"dtype":"U8","shape":[9],"data_offsets":[0,9]'), 8),
    'SAFETENSORS_TRUNCATED',
  ],
  ['bytes after the data', rawSafetensorsFile('{}', 1), 'SAFETENSORS_TRAILING_BYTES'],
])('%s is refused with a code', async (_what, bytes, code) => {
  await expect(parse(bytes)).rejects.toMatchObject({ name: 'MgitError', code });
});

test('errors name the tensor', async () => {
  const bytes = rawSafetensorsFile(entry('encoder.w', '"dtype":"F7","shape":[1],"data_offsets":[0,1]'), 1);
  await expect(parse(bytes)).rejects.toThrow('tensor "encoder.w": unknown dtype "F7"');
  const twice = '"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}';
  await expect(parse(rawSafetensorsFile(`{${twice},${twice}}`, 2))).rejects.toThrow('duplicate key "a"');
  const overlap = `{${twice},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}`;
  await expect(parse(rawSafetensorsFile(overlap, 3))).rejects.toThrow('tensor "b": its data begins at 1');
});

test('limits can be lowered', async () => {
  const format = createSafetensorsFormat({ ...SAFETENSORS_LIMITS, headerBytes: 100, tensors: 1 });
  const one = safetensorsFile([{ name: 'a', dtype: 'F32', shape: [1], data: f32(1) }]);
  await expect(format.parse(memoryByteSource(one))).resolves.toMatchObject({ size: one.length });
  const long = rawSafetensorsFile(`{}${' '.repeat(99)}`);
  await expect(format.parse(memoryByteSource(long))).rejects.toMatchObject({
    code: 'SAFETENSORS_HEADER_TOO_LARGE',
  });
});

test('whatever the bytes, the answer is a layout or a coded error', async () => {
  const valid = safetensorsFile([{ name: 'a.b', dtype: 'F32', shape: [2], data: f32(1, 2) }], { k: 'v' });
  const edit = fc.record({ at: fc.nat(valid.length - 1), to: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(edit, { minLength: 1, maxLength: 4 }),
      fc.nat(valid.length),
      async (edits, end) => {
        const bytes = Uint8Array.from(valid);
        for (const { at, to } of edits) bytes[at] = to;
        await parse(bytes.subarray(0, end)).catch(error => expect(isMgitError(error)).toBe(true));
      },
    ),
    { numRuns: 2000 },
  );
});
