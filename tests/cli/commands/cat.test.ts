import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CliContext } from '../../../src/cli/context.ts';
import { runCli } from '../../../src/cli/main.ts';
import { safetensorsFile } from '../../testkit/safetensors-file.ts';
import { type Scene, scene } from '../../testkit/scene.ts';
import { NO_PIPE } from '../../testkit/world.ts';

/** Two elements of BF16: 1 and -2. */
const BF16 = Uint8Array.of(0x80, 0x3f, 0x00, 0xc0);
const MODEL = safetensorsFile([
  { name: 'half', dtype: 'BF16', shape: [2, 1], data: BF16 },
  { name: 'tiny', dtype: 'F4', shape: [2], data: Uint8Array.of(7) },
]);

async function repository(): Promise<Scene> {
  const day = await scene();
  await day.mgit('track', '*.safetensors');
  await day.write('m.safetensors', MODEL);
  await day.write('README.md', 'A model.\n');
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'Begin');
  return day;
}

/** Runs mgit with a pipe for standard output; returns the bytes. */
async function piped(
  day: Scene,
  argv: readonly string[],
  write?: CliContext['io']['pipe']['write'],
): Promise<{ readonly exitCode: number; readonly bytes: Buffer; readonly stderr: string }> {
  const parts: Uint8Array[] = [];
  let stderr = '';
  const keep = async (bytes: Uint8Array): Promise<void> => void parts.push(Buffer.from(bytes));
  const exitCode = await runCli(argv, {
    ports: day.ports,
    cwd: day.path,
    onEvent: () => {},
    io: {
      stdout: { write: () => {}, isTty: false, columns: 100 },
      stderr: { write: text => (stderr += text), isTty: false, columns: 100 },
      color: false,
      readStdin: async () => new Uint8Array(),
      pipe: { ...NO_PIPE, write: write ?? keep },
    },
  });
  return { exitCode, bytes: Buffer.concat(parts), stderr };
}

test('cat writes files and tensors of a revision as they were added', async () => {
  await using day = await repository();
  await writeFile(join(day.path, 'm.safetensors'), 'broken');
  expect((await piped(day, ['cat', 'HEAD:m.safetensors'])).bytes).toEqual(Buffer.from(MODEL));
  expect((await piped(day, ['cat', 'HEAD:README.md'])).bytes.toString()).toBe('A model.\n');
  expect((await piped(day, ['cat', ':m.safetensors', '--tensor', 'half'])).bytes).toEqual(Buffer.from(BF16));
  expect((await piped(day, ['cat', 'HEAD:m.safetensors', '--tensor', 'tiny'])).bytes).toEqual(Buffer.of(7));
  expect(await day.mgit('cat', 'HEAD:m.safetensors', '-o', 'copy.bin')).toBe('copy.bin  133 B');
  expect(await day.read('copy.bin')).toEqual(Buffer.from(MODEL));
});

test('a NumPy array holds BF16 as float32', async () => {
  await using day = await repository();
  await day.mgit('cat', 'HEAD:m.safetensors', '--tensor', 'half', '--format', 'npy', '-o', 'half.npy');
  const file = await readFile(join(day.path, 'half.npy'));
  expect(file.length).toBe(128 + 8);
  expect(file.subarray(0, 10)).toEqual(Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1'));
  expect(file.toString('latin1', 10, 128).trimEnd()).toBe(
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }",
  );
  expect([file.readFloatLE(128), file.readFloatLE(132)]).toEqual([1, -2]);
  const refused = await day.attempt(
    'cat',
    'HEAD:m.safetensors',
    '--tensor',
    'tiny',
    '--format',
    'npy',
    '-o',
    'x',
  );
  expect(refused.stderr).toContain('error[DTYPE_NOT_CONVERTIBLE]');
});

test('what cannot be written leaves nothing behind', async () => {
  await using day = await repository();
  const attempt = async (...argv: string[]) => (await day.attempt('cat', ...argv)).stderr;
  expect(await attempt('HEAD:m.safetensors', '--tensor', 'none', '-o', 'x')).toContain('TENSOR_UNKNOWN');
  expect(await attempt('HEAD:README.md', '--tensor', 'a', '-o', 'x')).toContain('NOT_A_MODEL');
  expect(await attempt('HEAD:m.safetensors', '--format', 'npy', '-o', 'x')).toContain('USAGE');
  expect(await attempt('HEAD:m.safetensors', '--json')).toContain('USAGE');
  expect(await attempt('HEAD:m.safetensors', '-o', 'no/such/x')).toContain('OUTPUT_NOT_WRITABLE');
  const store = join(day.path, '.git/mgit/packs');
  const [pack = ''] = (await readdir(store)).filter(name => name.endsWith('.pack'));
  const bytes = await readFile(join(store, pack));
  const at = bytes.indexOf(Buffer.from(BF16));
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(join(store, pack), bytes);
  expect(await attempt('HEAD:m.safetensors', '--tensor', 'half', '-o', 'x')).toContain('EXTENT_CORRUPT');
  expect((await readdir(day.path)).sort()).toEqual(['.git', '.gitattributes', 'README.md', 'm.safetensors']);
  expect(await readdir(join(day.path, '.git/mgit/tmp'))).toEqual([]);
});

test('it stops quietly when nobody reads on', async () => {
  await using day = await repository();
  const closed = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
  const run = await piped(day, ['cat', 'HEAD:m.safetensors'], () => Promise.reject(closed));
  expect(run).toMatchObject({ exitCode: 141, stderr: '' });
});
