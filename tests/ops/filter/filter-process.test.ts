import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { serveFilter } from '../../../src/ops/filter/filter-process.ts';
import { FLUSH, packetReader, readTextPackets, textPackets } from '../../../src/ops/filter/packet-lines.ts';
import { openRepository } from '../../../src/ops/repository.ts';
import { picoModel } from '../../testkit/pico-model.ts';
import { scene } from '../../testkit/scene.ts';

test('plain git adds, checks out, shows and merges models through the filter', async () => {
  await using day = await scene();
  const { git, mgit } = day;
  await mgit('track', '*.safetensors');
  await day.write('m.safetensors', picoModel(1));
  await git('add', '.');
  await git('commit', '-q', '-m', 'one');
  expect(await mgit('status', '-s')).toBe('');
  expect((await git('cat-file', '-p', 'HEAD:m.safetensors')).split('\n', 1)).toEqual(['mgit manifest 1']);
  await rm(join(day.path, 'm.safetensors'));
  await git('checkout', '-q', '--', 'm.safetensors');
  expect(await day.read('m.safetensors')).toEqual(Buffer.from(picoModel(1)));
  await day.write('m.safetensors', picoModel(2));
  const changed = (await git('diff', '--no-color')).split('\n').filter(line => /^[+-](?![+-])/.test(line));
  expect(changed.map(line => line.split(' ').slice(0, 2).join(' '))).toEqual([
    '-tensor fc1.bias',
    '-tensor fc1.weight',
    '-tensor fc2.weight',
    '+tensor fc1.bias',
    '+tensor fc1.weight',
    '+tensor fc2.weight',
  ]);
  expect(await git('status', '--porcelain')).toBe(' M m.safetensors\n');
  expect(await git('fsck', '--strict')).toBe('');
});

test('the merge driver merges tensors that one side changed, and leaves conflicts to mgit merge', async () => {
  await using day = await scene();
  const { git, mgit } = day;
  await mgit('track', '*.safetensors');
  await day.write('mgit.yaml', 'version: 1\nmerge: { method: linear }\n');
  await day.write('m.safetensors', picoModel(1));
  await mgit('add', '.');
  await mgit('commit', '-m', 'one');
  await git('switch', '-q', '-c', 'side');
  await day.write('m.safetensors', picoModel(2));
  await git('commit', '-qam', 'two');
  await git('switch', '-q', 'main');
  await day.write('m.safetensors', picoModel(3));
  await git('commit', '-qam', 'three');
  await git('merge', '-q', '-m', 'merged', 'side');
  expect(await git('status', '--porcelain')).toBe('');
  expect(await mgit('status', '-s')).toBe('');
  const merged = await day.read('m.safetensors');
  expect(merged.length).toBe(picoModel(1).length);
  expect(merged).not.toEqual(Buffer.from(picoModel(3)));
});

test('above the limit a manifest stays until mgit restore writes the model', async () => {
  await using day = await scene();
  const { git, mgit } = day;
  await mgit('track', '*.safetensors');
  await day.write('m.safetensors', picoModel(1));
  await mgit('add', '.');
  await mgit('commit', '-m', 'one');
  await mgit('config', 'mgit.smudgeLimit', '100');
  await rm(join(day.path, 'm.safetensors'));
  await git('checkout', '-q', '--', 'm.safetensors');
  expect((await day.read('m.safetensors')).toString()).toContain('mgit manifest 1');
  expect(await git('status', '--porcelain')).toBe('');
  expect(await mgit('status', '-s')).toBe('');
  await mgit('restore', 'm.safetensors');
  expect(await day.read('m.safetensors')).toEqual(Buffer.from(picoModel(1)));
  expect(await git('status', '--porcelain')).toBe('');
});

test('a model whose tensors are not here stays a manifest, and mgit says how to get them', async () => {
  await using day = await scene();
  const { git, mgit } = day;
  await mgit('track', '*.safetensors');
  await day.write('m.safetensors', picoModel(1));
  await mgit('add', '.');
  await mgit('commit', '-m', 'one');
  await rm(join(day.path, '.git/mgit/packs'), { recursive: true });
  await rm(join(day.path, 'm.safetensors'));
  await git('checkout', '-q', '--', 'm.safetensors');
  expect((await day.read('m.safetensors')).toString()).toContain('mgit manifest 1');
  const run = await day.attempt('restore', 'm.safetensors');
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toMatchInlineSnapshot(`
    "error[EXTENT_MISSING]: m.safetensors: parts of the model are not in this repository yet
    hint: get them with "mgit fetch"
    "
  `);
});

test('what is no model is that file’s error, and the filter goes on', async () => {
  await using day = await scene();
  await using repository = await openRepository(day.ports, day.path);
  const packet = (data: Uint8Array): Uint8Array =>
    Buffer.concat([Buffer.from((data.length + 4).toString(16).padStart(4, '0')), data]);
  const request = (command: string, content: Uint8Array): Uint8Array[] => [
    textPackets([`command=${command}`, 'pathname=m.safetensors']),
    packet(content),
    FLUSH,
  ];
  const chunks = [
    textPackets(['git-filter-client', 'version=2']),
    textPackets(['capability=clean', 'capability=smudge', 'capability=delay']),
    ...request('clean', Buffer.from('no model')),
    ...request('clean', picoModel(1)),
    ...request('smudge', Buffer.from('plain text')),
  ];
  const written: Uint8Array[] = [];
  const said: string[] = [];
  await serveFilter(repository, {
    input: oneByteAtATime(Buffer.concat(chunks)),
    write: async bytes => void written.push(bytes),
    say: text => void said.push(text),
  });
  const reader = packetReader(oneByteAtATime(Buffer.concat(written)));
  const lists: string[][] = [];
  for (let list = await readTextPackets(reader); list !== undefined; list = await readTextPackets(reader))
    lists.push(list);
  expect(lists.map(list => list.map(line => line.split('\n')[0]))).toEqual([
    ['git-filter-server', 'version=2'],
    ['capability=clean', 'capability=smudge'],
    ['status=error'],
    ['status=success'],
    ['mgit manifest 1'],
    [],
    ['status=success'],
    ['plain text'],
    [],
  ]);
  expect(said.join('')).toContain('error[FORMAT_UNKNOWN]: m.safetensors');
});

test('a stream that is no packet is refused', async () => {
  const reader = packetReader(oneByteAtATime(Buffer.from('zzzzrubbish')));
  await expect(reader.next()).rejects.toMatchObject({ code: 'FILTER_PROTOCOL' });
  const short = packetReader(oneByteAtATime(Buffer.from('0010abc')));
  await expect(short.next()).rejects.toMatchObject({ code: 'FILTER_PROTOCOL' });
});

async function* oneByteAtATime(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at++) yield bytes.subarray(at, at + 1);
}
