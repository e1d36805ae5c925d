import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeModelFolder } from '../../testkit/model-folder.ts';
import { runMgit, temporaryDirectory, testPorts } from '../../testkit/world.ts';

let home: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeEach(async () => {
  home = await temporaryDirectory();
  for (const [seed, name] of ['base', 'math', 'code'].entries()) {
    const vector = (offset: number) => ({ shape: [2], values: [seed, offset] });
    const layers = [0, 1].map(layer => [`model.layers.${layer}.mlp.weight`, vector(layer)]);
    writeModelFolder(join(home.path, name), { ...Object.fromEntries(layers), 'lm_head.weight': vector(9) });
  }
  writeFileSync(
    join(home.path, 'r.yaml'),
    'merge_method: task_arithmetic\nbase_model: base\nmodels: [{ model: math }, { model: code }]\nparameters: { density: 0.5 }\n',
  );
});
afterEach(() => home[Symbol.asyncDispose]());

const mgit = (...argv: string[]) =>
  runMgit({ ...testPorts(home.path), parallelism: 2 }, home.path, 'merge', ...argv);

test('a dry run tells what would be done, and writes nothing', async () => {
  const { stdout, events } = await mgit('--recipe', 'r.yaml', '--out', 'out', '--dry-run');
  expect(stdout).toMatchInlineSnapshot(`
    "Would merge base, math, code by task_arithmetic
      reads 72 B, writes 288 B, needs up to 100.0 MiB of memory
      takes less than a second here, besides waiting for the disk
      model.safetensors  288 B

    Tensors
      model.layers.0.mlp.weight  F32[2]  task_arithmetic
      model.layers.1.mlp.weight  F32[2]  task_arithmetic
      lm_head.weight             F32[2]  task_arithmetic
    "
  `);
  expect(events).toMatchObject([{ code: 'PARAMETER_UNUSED', message: expect.stringContaining('density') }]);
  expect(readdirSync(home.path)).not.toContain('out');
});

test('the result is told in a line, and as JSON', async () => {
  const { stdout, exitCode } = await mgit('--recipe', 'r.yaml', '--out', 'out');
  expect([exitCode, stdout.replaceAll(home.path, '')]).toMatchInlineSnapshot(`
    [
      0,
      "Merged 3 tensors by task_arithmetic into /out: 24 B in 1 file
    ",
    ]
  `);
  const json = JSON.parse((await mgit('--recipe', 'r.yaml', '--out', 'out', '--force', '--json')).stdout);
  expect(json).toMatchObject({ kind: 'written', method: 'task_arithmetic', tensors: 3, bytes: 24 });
});

test('shares are told of, and assembled', async () => {
  const share = (...more: string[]) =>
    mgit('--recipe', 'r.yaml', '--out', 'out', '--out-shard-size', '2', ...more);
  const told = [
    await share('--shard', '1/2'),
    await share('--shard', '2/2'),
    await share('--shard', '2/2'),
    await share('--assemble'),
  ];
  expect(told.map(({ stdout }) => stdout.replaceAll(home.path, '')).join('')).toMatchInlineSnapshot(`
    "Made 1 file in /out.shards
    Made 2 files in /out.shards
    Made 0 files in /out.shards, 2 were there
    Merged 3 tensors by task_arithmetic into /out: 24 B in 3 files
    "
  `);
});

describe('wrong usage', () => {
  test.each([
    [['--out', 'out'], '--recipe and --out belong together'],
    [['--recipe', 'r.yaml', '--out', 'out', 'main'], 'the recipe alone says what is merged and how'],
    [['--recipe', 'r.yaml', '--out', 'out', '-s', 'linear'], 'the recipe alone says what is merged and how'],
    [
      ['--recipe', 'r.yaml', '--out', 'out', '--out-shard-size', '5X'],
      '--out-shard-size 5X is no number of elements',
    ],
    [['--recipe', 'r.yaml', '--out', 'out', '--shard', '3/2'], '--shard 3/2 is no share'],
    [
      ['--recipe', 'r.yaml', '--out', 'out', '--shard', '1/2', '--assemble'],
      '--shard and --assemble exclude each other',
    ],
    [['--recipe', 'r.yaml', '--out', 'out', '--tensor-union', '--tensor-intersection'], 'exclude each other'],
    [
      ['--recipe', 'r.yaml', '--out', 'out.safetensors', '--shard', '1/2'],
      'a single file is not made in shares',
    ],
  ])('%j', async (argv, message) => {
    const { stderr, exitCode } = await mgit(...argv);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(2);
  });

  test('a recipe that is not there is no usage error', async () => {
    const { stderr, exitCode } = await mgit('--recipe', 'none.yaml', '--out', 'out');
    expect([exitCode, stderr]).toMatchInlineSnapshot(`
      [
        1,
        "error[MERGE_RECIPE_NOT_FOUND]: cannot read the recipe none.yaml
      hint: name a YAML file, as docs/merging.md describes it
      ",
      ]
    `);
  });
});
