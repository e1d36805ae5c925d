import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { f32, safetensorsFile } from '../../testkit/safetensors-file.ts';
import { type SmallRepo, smallRepo } from '../../testkit/small-repo.ts';
import { runMgit } from '../../testkit/world.ts';

const model = (tensors: Record<string, readonly number[]>): Uint8Array =>
  safetensorsFile(
    Object.entries(tensors).map(([name, values]) => ({
      name,
      dtype: 'F32',
      shape: [values.length],
      data: f32(...values),
    })),
  );

const BASE = { 'layers.0.w': [3, 4], 'layers.0.b': [1], 'layers.1.w': [1, 2], 'old.w': [1] };
const MOVED = { 'layers.0.w': [3, 5], 'layers.0.b': [1], 'layers.1.w': [1, Number.NaN], 'new.w': [1, 1] };

/** `main` holds a first version of a model and a text, HEAD the second. */
async function history(): Promise<SmallRepo> {
  const repo = await smallRepo();
  await repo.write('model.safetensors', model(BASE));
  await repo.write('config.json', '{\n  "layers": 2\n}\n');
  await repo.commit('base');
  await repo.write('model.safetensors', model(MOVED));
  await repo.write('config.json', '{\n  "layers": 3\n}\n');
  await repo.commit('moved');
  return repo;
}

const diff = async (repo: SmallRepo, ...argv: string[]) => {
  const run = await runMgit(repo.ports, repo.path, 'diff', ...argv);
  return { ...run, files: () => (run.json() as { files: readonly { path: string; kind: string }[] }).files };
};

test('two revisions: how far each tensor moved, by block, and the lines of texts', async () => {
  await using repo = await history();
  const run = await diff(repo, 'HEAD~1', 'HEAD');
  expect(run.exitCode).toBe(0);
  expect(run.stdout).toMatchInlineSnapshot(`
    "modified config.json
    --- a/config.json
    +++ b/config.json
    @@ -1,3 +1,3 @@
     {
    -  "layers": 2
    +  "layers": 3
     }

    modified model.safetensors
         tensor      type     rel L2  max abs    cosine  changed
      ~  layers.0.w  F32 [2]   0.200     1.00  0.994692    50.0%
      ~  layers.1.w  F32 [2]       0        0  1.000000    50.0%  NaN 0 -> 1
      +  new.w       F32 [2]
      -  old.w       F32 [1]

      block     changed  added  removed  rel L2  max abs  NaN
      layers.0   1 of 2      0        0   0.200     1.00    0
      layers.1   1 of 1      0        0       0        0    1
      new        0 of 0      1        0       -        -    0
      old        0 of 1      0        1       -        -    0
      2 changed, 1 added, 1 removed, 1 unchanged; the header differs
    "
  `);
});

test('--stat summarises files and blocks', async () => {
  await using repo = await history();
  expect((await diff(repo, 'HEAD~1..HEAD', '--stat')).stdout).toMatchInlineSnapshot(`
    "modified config.json  +1 -1
    modified model.safetensors  2 changed, 1 added, 1 removed, 1 unchanged; the header differs
      block     changed  added  removed  rel L2  max abs  NaN
      layers.0   1 of 2      0        0   0.200     1.00    0
      layers.1   1 of 1      0        0       0        0    1
      new        0 of 0      1        0       -        -    0
      old        0 of 1      0        1       -        -    0
    "
  `);
});

test('--json tells everything', async () => {
  await using repo = await history();
  const run = await diff(repo, 'HEAD~1', 'HEAD', '--json', '--tensor', 'layers.0.*');
  expect(run.json()).toEqual({
    files: [
      {
        path: 'model.safetensors',
        from: null,
        kind: 'modified',
        before: { mode: 0o100644, id: expect.stringMatching(/^[0-9a-f]{40}$/) },
        after: { mode: 0o100644, id: expect.stringMatching(/^[0-9a-f]{40}$/) },
        text: null,
        model: {
          tensors: [
            {
              name: 'layers.0.w',
              formerName: null,
              kind: 'changed',
              before: { dtype: 'F32', shape: [2] },
              after: { dtype: 'F32', shape: [2] },
              difference: {
                changed: 1,
                changedShare: 0.5,
                relativeL2: 0.2,
                l2: 1,
                normBefore: 5,
                maxAbs: 1,
                cosine: 29 / (5 * Math.sqrt(34)),
                nanBefore: 0,
                nanAfter: 0,
                infiniteBefore: 0,
                infiniteAfter: 0,
              },
            },
          ],
          blocks: [
            {
              block: 'layers.0',
              added: 0,
              removed: 0,
              changed: 1,
              unchanged: 1,
              relativeL2: 0.2,
              maxAbs: 1,
              nanAfter: 0,
            },
          ],
          unchanged: 1,
          renamed: [],
          skeletonChanged: true,
        },
      },
    ],
  });
});

test('without a revision the work tree stands against the index, with --staged the index against HEAD', async () => {
  await using repo = await history();
  expect((await diff(repo)).stdout).toBe('');
  await repo.write('model.safetensors', model({ ...MOVED, 'new.w': [1, 3] }));
  expect((await diff(repo, '--stat')).stdout).toContain('1 changed, 0 added, 0 removed, 3 unchanged');
  expect((await diff(repo, '--staged')).stdout).toBe('');
  await repo.add('model.safetensors');
  expect((await diff(repo)).stdout).toBe('');
  expect((await diff(repo, '--staged', '--stat')).stdout).toContain('1 changed, 0 added');
});

test('with one revision the work tree stands against it', async () => {
  await using repo = await history();
  await repo.write('config.json', '{\n  "layers": 4\n}\n');
  const run = await diff(repo, 'HEAD~1', '--', 'config.json');
  expect(run.stdout).toContain('-  "layers": 2\n+  "layers": 4');
});

test('a file that is gone, and one that is new', async () => {
  await using repo = await history();
  await rm(join(repo.path, 'model.safetensors'));
  await repo.write('more.safetensors', model({ a: [1] }));
  await repo.add('more.safetensors');
  const run = await diff(repo, 'HEAD', '--json');
  expect(run.files().map(({ path, kind }) => `${kind} ${path}`)).toEqual([
    'deleted model.safetensors',
    'added more.safetensors',
  ]);
});

test('paths limit the files, and binary files only differ', async () => {
  await using repo = await history();
  await repo.write('data.bin', new Uint8Array([0, 1]));
  await repo.add('.');
  expect((await diff(repo, '--staged', '--', 'data.bin')).stdout).toBe('added data.bin\n  contents differ\n');
  expect((await diff(repo, '--staged', '--', 'config.json')).stdout).toBe('');
});

test('a word that is neither revision nor file is refused, and says what helps', async () => {
  await using repo = await history();
  const run = await diff(repo, 'nowhere');
  expect(run.exitCode).toBe(1);
  expect(run.stderr).toContain('error[ARGUMENT_AMBIGUOUS]: "nowhere" is neither a revision nor a file');
  expect(run.stderr).toContain('put "--" between');
  expect((await diff(repo, 'HEAD', 'HEAD', 'HEAD')).exitCode).toBe(2);
  expect((await diff(repo, '--staged', 'HEAD', 'HEAD')).exitCode).toBe(2);
});
