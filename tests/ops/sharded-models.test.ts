import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRandom } from '../../src/base/random.ts';
import { embeddedFiles, embeddedPolicy } from '../testkit/embedded-gate.ts';
import { gatedWorkTree } from '../testkit/gated-work-tree.ts';
import { mergeRepository } from '../testkit/merge-repository.ts';
import { f32, safetensorsFile } from '../testkit/safetensors-file.ts';
import { QUARTERS_CONFIG, quartersRecipe, writeQuarters } from '../testkit/training.ts';
import { type CliRun, runMgit } from '../testkit/world.ts';

const INDEX = 'model.safetensors.index.json';
const SHARDS = ['model-1-of-2.safetensors', 'model-2-of-2.safetensors'] as const;

function indexOf(tensors: Readonly<Record<string, 0 | 1>>): string {
  const entries = Object.entries(tensors).map(([name, shard]) => [name, SHARDS[shard]]);
  return `${JSON.stringify({ metadata: {}, weight_map: Object.fromEntries(entries) }, null, 2)}\n`;
}

function weights(name: string, shape: readonly number[]) {
  const random = createRandom(1, name);
  const count = shape.reduce((product, size) => product * size, 1);
  return {
    name,
    dtype: 'F32' as const,
    shape,
    data: f32(...Array.from({ length: count }, () => random.unit() - 0.5)),
  };
}

/** The network of {@link QUARTERS_CONFIG}, a layer in each shard. */
const QUARTERS_SHARDS = {
  [SHARDS[0]]: safetensorsFile([weights('fc1.weight', [16, 36]), weights('fc1.bias', [16])]),
  [SHARDS[1]]: safetensorsFile([weights('fc2.weight', [4, 16]), weights('fc2.bias', [4])]),
  [INDEX]: indexOf({ 'fc1.weight': 0, 'fc1.bias': 0, 'fc2.weight': 1, 'fc2.bias': 1 }),
};

async function quarters() {
  const world = await mergeRepository();
  writeQuarters(join(world.path, '../data'), { train: 400, test: 200 });
  for (const [name, bytes] of Object.entries(QUARTERS_SHARDS)) writeFileSync(join(world.path, name), bytes);
  const recipe = quartersRecipe('../data').replace('path: model.safetensors', `path: ${INDEX}`);
  await world.commit({ 'config.json': QUARTERS_CONFIG, 'recipe.yaml': recipe.replace('init: random\n', '') });
  const mgit = (...argv: string[]): Promise<CliRun> => runMgit(world.ports, world.path, ...argv);
  return { world, mgit };
}

test('an index stands for its shards: train, rerun, eval and publish take them as one model', async () => {
  const { world, mgit } = await quarters();
  await using _world = world;
  const trained = await mgit('train', 'recipe.yaml');
  expect(trained.stderr).toBe('');
  const changed = execFileSync('git', ['diff', '--name-only', 'HEAD~1', 'HEAD'], {
    cwd: world.path,
    encoding: 'utf8',
  });
  expect(changed.split('\n').filter(path => !path.startsWith('.mgit/'))).toEqual([...SHARDS, '']);
  expect((await mgit('status', '--json')).json()).toMatchObject({ clean: true });

  expect((await mgit('rerun', 'HEAD')).stdout).toContain('bit-identical');
  const wish = ['--model', INDEX, '--config', 'config.json', '--data', '../data', '--json'];
  const evaluated = (await mgit('eval', 'HEAD~1', 'HEAD', ...wish)).json() as {
    revisions: { metrics: { accuracy: { estimate: number } } }[];
  };
  const [before, after] = evaluated.revisions.map(({ metrics }) => metrics.accuracy.estimate);
  expect(after).toBeGreaterThan((before ?? 1) + 0.2);

  const published = await mgit('publish', 'HEAD', '../out', '--json');
  const { files } = published.json() as { files: { path: string }[] };
  expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining([INDEX, ...SHARDS]));
  for (const shard of SHARDS)
    expect(readFileSync(join(world.path, '../out', shard))).toEqual(readFileSync(join(world.path, shard)));
});

test('a command may write other shards than it was given; what they replace is removed', async () => {
  const { world, mgit } = await quarters();
  await using _world = world;
  writeFileSync(
    join(world.path, 'join.mjs'),
    `import { copyFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
const [model, out] = process.argv.slice(2);
copyFileSync(join(dirname(model), '${SHARDS[0]}'), join(dirname(out), 'all.safetensors'));
writeFileSync(out, JSON.stringify({ weight_map: { 'fc1.weight': 'all.safetensors', 'fc1.bias': 'all.safetensors' } }));
`,
  );
  const command = `version: 1\nmodel: { path: ${INDEX} }\ncommand: [node, join.mjs, "{model}", "{out}"]\n`;
  await world.commit({ 'join.yaml': command });
  const trained = await mgit('train', 'join.yaml');
  expect(trained.stderr).toBe('');
  const files = execFileSync('git', ['ls-files', '*.safetensors*'], { cwd: world.path, encoding: 'utf8' });
  expect(files).toBe(`all.safetensors\n${INDEX}\n`);
  expect((await mgit('status', '--json')).json()).toMatchObject({ clean: true });
  expect((await mgit('rerun', 'HEAD', '--allow-command')).stdout).toContain('bit-identical');
});

test('shards that do not fit their index: a warning when committed, an error when used', async () => {
  const { world, mgit } = await quarters();
  await using _world = world;
  rmSync(join(world.path, SHARDS[1]));
  const committed = await mgit('commit', '-am', 'Lose a shard');
  expect([committed.exitCode, committed.events]).toEqual([
    0,
    [
      expect.objectContaining({
        code: 'SHARD_INDEX_MISMATCH',
        message: `${INDEX}: shard ${SHARDS[1]} is missing`,
      }),
    ],
  ]);
  const wish = ['--model', INDEX, '--config', 'config.json', '--data', '../data'];
  for (const argv of [
    ['publish', 'HEAD', '../out'],
    ['eval', 'HEAD', ...wish],
  ])
    expect((await mgit(...argv)).stderr).toContain(`error[SHARD_INDEX_MISMATCH]: ${INDEX}: shard`);
  await mgit('commit', '--allow-empty', '-m', 'Something else');
  expect((await mgit('commit', '--allow-empty', '-m', 'Something else')).events).toEqual([]);
});

test('a merge whose shards would not fit their index is refused', async () => {
  await using world = await mergeRepository();
  const [first, second] = SHARDS;
  await world.commit({
    [first]: { a: [1], b: [2] },
    [second]: { c: [3] },
    [INDEX]: indexOf({ a: 0, b: 0, c: 1 }),
  });
  await world.switch('moved', true);
  await world.commit({
    [first]: { a: [1] },
    [second]: { c: [3], b: [2] },
    [INDEX]: indexOf({ a: 0, b: 1, c: 1 }),
  });
  await world.switch('main');
  await world.commit({ [first]: { a: [5], b: [2] } });
  const mgit = (...argv: string[]): Promise<CliRun> => runMgit(world.ports, world.path, ...argv);
  expect((await mgit('merge', 'moved')).exitCode).toBe(0);
  expect(await world.values(first)).toEqual({ a: [5] });
  expect(await world.values(second)).toEqual({ b: [2], c: [3] });

  await mgit('undo');
  const refused = await mgit('merge', 'moved', '-X', `take:${INDEX}=ours`, '-X', 'take:b=ours');
  expect(refused.exitCode).toBe(0); // Only one side changed the index: the rule decides nothing.
  await mgit('undo');
  await world.commit({ [INDEX]: indexOf({ a: 0, b: 0, c: 1 }).replace('{}', '{"total_size":12}') });
  const broken = await mgit('merge', 'moved', '-X', `take:${INDEX}=ours`);
  expect([broken.exitCode, broken.stderr]).toEqual([
    1,
    expect.stringContaining(
      `error[SHARD_INDEX_MISMATCH]: ${INDEX}: ${second} holds tensor "b", but the index says ${first}`,
    ),
  ]);
});

test('a gate evaluates and heals the shards that mgit.yaml names by their index', async () => {
  const heal = 'mode: heal, recipe: recipes/probe.yaml, steps: 2, seeds: [1]';
  const { 'model.safetensors': _single, 'recipes/probe.yaml': recipe, ...files } = embeddedFiles();
  const shards = (confidence: number) => ({
    [SHARDS[0]]: safetensorsFile([
      { name: 'fc1.bias', dtype: 'F32', shape: [2], data: f32(confidence / 2, -confidence / 2) },
    ]),
    [SHARDS[1]]: safetensorsFile([
      {
        name: 'fc1.weight',
        dtype: 'F32',
        shape: [2, 4],
        data: f32(-confidence, 0, 0, 0, confidence, 0, 0, 0),
      },
    ]),
  });
  await using tree = await gatedWorkTree({
    policy: embeddedPolicy(heal, '').replace('path: model.safetensors', `path: ${INDEX}`),
    files: {
      ...files,
      ...shards(-1),
      [INDEX]: indexOf({ 'fc1.bias': 0, 'fc1.weight': 1 }),
      'recipes/probe.yaml': String(recipe).replace('model.safetensors', INDEX),
    },
  });
  await tree.mgit('switch', '-c', 'better', 'main');
  for (const [name, bytes] of Object.entries(shards(4))) tree.write(name, bytes);
  await tree.mgit('commit', '-am', 'Better');
  await tree.mgit('switch', 'main');
  const before = tree.git('rev-parse', 'main');
  const merged = await tree.mgit('merge', 'better');
  expect([merged.exitCode, merged.stderr]).toEqual([0, '']);
  expect(tree.git('diff', '--name-only', 'better', 'main').split('\n')).toEqual([...SHARDS]);
  expect((await tree.mgit('gate', 'verify', `${before}..main`, '--onto', 'main')).exitCode).toBe(0);
});
