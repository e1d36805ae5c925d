import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodePorts } from '../../../src/cli/context.ts';
import { mergeToFolder } from '../../../src/ops/merge-folder/merge-folder.ts';
import { assembleShards, mergeShard } from '../../../src/ops/merge-folder/merge-shards.ts';
import { writeModelFolder } from '../../testkit/model-folder.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'mgit-shards-'));
  for (const [seed, name] of ['a', 'b'].entries()) {
    const names = ['v', 'w', 'x', 'y', 'z'];
    writeModelFolder(
      join(cwd, name),
      Object.fromEntries(names.map((tensor, i) => [tensor, { shape: [2], values: [seed, i] }])),
      {
        'config.json': { model_type: 'llama' },
      },
    );
  }
  writeFileSync(join(cwd, 'recipe.yaml'), 'merge_method: linear\nmodels: [{ model: a }, { model: b }]');
});
afterEach(() => rmSync(cwd, { recursive: true }));

const ports = nodePorts();
const request = (out = 'out') => ({ cwd, recipe: 'recipe.yaml', out, shardElements: 2 });
const share = (index: number, count: number) => mergeShard(ports, request(), { index, count });

/** All files of a folder, by name. */
function contents(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(join(cwd, folder)).sort();
  return Object.fromEntries(
    names.map(name => [name, readFileSync(join(cwd, folder, name)).toString('base64')]),
  );
}

test('shares made in any order give the bytes of one run', async () => {
  for (const index of [3, 1, 2]) await share(index, 3);
  await assembleShards(ports, request());
  await mergeToFolder(ports, request('whole/out'));
  expect(contents('out')).toEqual(contents('whole/out'));
  expect(readdirSync(cwd).sort()).toEqual(['a', 'b', 'out', 'recipe.yaml', 'whole']);
});

test('a share that is made again finds its files', async () => {
  const first = await share(1, 2);
  expect(first.written).toHaveLength(2);
  expect(await share(1, 2)).toMatchObject({ written: [], present: first.written });
  writeFileSync(join(cwd, 'out.shards', '.model-00003-of-00005.safetensors.0.part'), 'what a crash has left');
  expect((await share(2, 2)).written).toHaveLength(3);
});

test('a file that somebody removed is made again, whatever its receipt says', async () => {
  const { written } = await share(1, 2);
  rmSync(join(cwd, 'out.shards', written[0] ?? ''));
  await expect(assembleShards(ports, request())).rejects.toMatchObject({
    code: 'SHARDS_MISSING',
    details: { files: expect.arrayContaining([written[0]]) },
  });
  expect(await share(1, 2)).toMatchObject({ written: [written[0]], present: written.slice(1) });
});

test('shares that are missing are named', async () => {
  await share(2, 5);
  await expect(assembleShards(ports, request())).rejects.toMatchObject({
    code: 'SHARDS_MISSING',
    message:
      'not made yet: model-00001-of-00005.safetensors, model-00003-of-00005.safetensors, model-00004-of-00005.safetensors, model-00005-of-00005.safetensors',
  });
});

test('shares of another recipe are not mixed in', async () => {
  await share(1, 1);
  writeFileSync(join(cwd, 'recipe.yaml'), 'merge_method: linear\nmodels: [{ model: b }, { model: a }]');
  await expect(share(1, 1)).rejects.toMatchObject({ code: 'SHARD_OF_ANOTHER_MERGE' });
  await expect(assembleShards(ports, request())).rejects.toMatchObject({ code: 'SHARD_OF_ANOTHER_MERGE' });
});

test('what is measured over the whole model is the same in every share', async () => {
  for (const [seed, name] of ['base', 'a', 'b'].entries())
    writeModelFolder(
      join(cwd, name),
      Object.fromEntries(
        ['v', 'w', 'x'].map((tensor, i) => [tensor, { shape: [3], values: [0, seed, -seed * i] }]),
      ),
      { 'config.json': { model_type: 'llama' } },
    );
  const recipe =
    'version: 1\nbase: base\nmodels: [a, b]\nmethod: ties\nparameters: { variant: paper, density: 0.4 }';
  writeFileSync(join(cwd, 'recipe.yaml'), recipe);
  for (const index of [2, 1]) await share(index, 2);
  await assembleShards(ports, request());
  await mergeToFolder(ports, request('whole/out'));
  expect(contents('out')).toEqual(contents('whole/out'));
  writeFileSync(join(cwd, 'recipe.yaml'), recipe.replace('paper', 'peft'));
  await mergeToFolder(ports, request('alone'));
  const weights = Object.keys(contents('out')).filter(name => name.endsWith('.safetensors'));
  expect(weights.map(name => contents('out')[name])).not.toEqual(
    weights.map(name => contents('alone')[name]),
  );
});
