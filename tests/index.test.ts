import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as mgit from '../src/index.ts';
import { picoModel } from './testkit/pico-model.ts';
import { temporaryDirectory, testPorts } from './testkit/world.ts';

test('a program commits a model and reads one of its tensors straight from the store', async () => {
  await using home = await temporaryDirectory();
  const directory = join(home.path, 'digits');
  mkdirSync(directory);
  writeFileSync(join(directory, 'model.safetensors'), picoModel(1));
  await using repository = await mgit.initRepository(testPorts(home.path), { directory });
  await mgit.track(repository, ['*.safetensors']);
  await mgit.addPaths(repository, { cwd: directory, paths: ['.'] });
  const { commit } = await mgit.commitIndex(repository, { cwd: directory, message: 'Add a model' });
  const manifest = await mgit.readManifestAt(repository, commit.id, 'model.safetensors');
  const bias = manifest?.tensors.find(({ name }) => name === 'fc1.bias');
  const chunks: Uint8Array[] = [];
  for await (const chunk of repository.store.read(bias?.extent.digest as mgit.Digest))
    chunks.push(chunk.slice());
  const values = new Float32Array(new Uint8Array(Buffer.concat(chunks)).buffer);
  expect(bias?.shape).toEqual([4]);
  expect([...values]).toEqual([100, 101, 102, 103].map(offset => Math.fround(Math.sin(97 + offset))));
});
