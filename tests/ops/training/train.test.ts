import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Ports } from '../../../src/base/ports/ports.ts';
import { commitIndex } from '../../../src/ops/history/commit.ts';
import { initRepository, openRepository } from '../../../src/ops/repository.ts';
import { addPaths } from '../../../src/ops/worktree/add.ts';
import { readStatus } from '../../../src/ops/worktree/status.ts';
import { track } from '../../../src/ops/worktree/track.ts';
import { QUARTERS_CONFIG, quartersRecipe, writeQuarters } from '../../testkit/training.ts';
import { runMgit, temporaryDirectory, testPorts } from '../../testkit/world.ts';

interface Project {
  readonly ports: Ports;
  readonly path: string;
  commitAll(message: string): Promise<void>;
  /** Paths that differ from HEAD, or that it does not know. */
  changedPaths(): Promise<readonly string[]>;
}

/** A repository with a config and a recipe; its data lies beside it. */
async function project(home: string, recipe = quartersRecipe('../data')): Promise<Project> {
  const ports = testPorts(home);
  const path = join(home, 'repository');
  writeQuarters(join(home, 'data'), { train: 400, test: 200 });
  await using repository = await initRepository(ports, { directory: path, initialBranch: 'main' });
  await track(repository, ['*.safetensors']);
  writeFileSync(join(path, 'config.json'), QUARTERS_CONFIG);
  writeFileSync(join(path, 'recipe.yaml'), recipe);
  const commitAll = async (message: string): Promise<void> => {
    await using open = await openRepository(ports, path);
    await addPaths(open, { cwd: path, paths: ['.'] });
    await commitIndex(open, { cwd: path, message });
  };
  await commitAll('Start');
  const changedPaths = async (): Promise<readonly string[]> => {
    await using open = await openRepository(ports, path);
    const { staged, unstaged, untracked } = await readStatus(open);
    return [...[...staged, ...unstaged].map(change => change.path), ...untracked];
  };
  return { ports, path, commitAll, changedPaths };
}

test('train commits model and record; rerun repeats it bit by bit; eval compares revisions', async () => {
  await using home = await temporaryDirectory();
  const { ports, path, changedPaths } = await project(home.path);
  const first = await runMgit(ports, path, 'train', 'recipe.yaml', '--json');
  expect(first.stderr).toBe('');
  expect(first.exitCode).toBe(0);
  const outcome = first.json() as { commit: string; record: string; metrics: { loss: number } };
  expect(outcome.metrics.loss).toBeLessThan(0.5);
  expect(await changedPaths()).toEqual([]);
  const message = execFileSync('git', ['log', '-1', '--format=%B'], { cwd: path, encoding: 'utf8' });
  expect(message).toContain('Train model.safetensors with recipe.yaml\n\n120 steps, loss ');
  expect(message).toContain(`Mgit-Run: ${outcome.record.slice('.mgit/runs/'.length, -'.json'.length)}`);
  const record = JSON.parse(readFileSync(join(path, outcome.record), 'utf8'));
  expect(record).toMatchObject({ version: 1, seed: 5, steps: 120, data: { items: 400 } });

  const rerun = await runMgit(ports, path, 'rerun', 'HEAD');
  expect(rerun.stdout).toMatch(/^bit-identical\n fc1.bias +identical\n/);
  expect(rerun.exitCode).toBe(0);

  const second = await runMgit(
    ports,
    path,
    'train',
    'recipe.yaml',
    '--set',
    'steps=3',
    '--set',
    'data.classes=[0]',
  );
  expect(second.stdout).toMatch(/^\[[0-9a-f]{7}\] Train model/);
  const compare = [
    'eval',
    'HEAD~1',
    'HEAD',
    '--model',
    'model.safetensors',
    '--config',
    'config.json',
    '--data',
    '../data',
  ];
  const evaluated = await runMgit(ports, path, ...compare, '--json');
  expect(evaluated.json()).toMatchObject({
    revisions: [
      { revision: 'HEAD~1', items: 200, cached: false },
      { revision: 'HEAD', cached: false },
    ],
  });
  const table = await runMgit(ports, path, ...compare);
  expect(table.stdout).toMatch(
    /^revision +accuracy +95 % interval +loss +95 % interval +items\nHEAD~1 +0\.9\d+ +\[0\./,
  );
  expect((await runMgit(ports, path, ...compare, '--json')).stdout).toContain('"cached": true');
});

test('training refuses local changes, a model that is not tracked, and a missing start', async () => {
  await using home = await temporaryDirectory();
  const { ports, path, commitAll } = await project(home.path);
  writeFileSync(join(path, 'config.json'), `${QUARTERS_CONFIG}\n`);
  expect((await runMgit(ports, path, 'train', 'recipe.yaml')).stderr).toContain('error[LOCAL_CHANGES]');
  await commitAll('Change');
  const other = await runMgit(ports, path, 'train', 'recipe.yaml', '--set', 'model.path=model.bin');
  expect(other.stderr).toContain('error[MODEL_NOT_TRACKED]');
  writeFileSync(join(path, 'recipe.yaml'), quartersRecipe('../data').replace('init: random\n', ''));
  await commitAll('No start');
  expect((await runMgit(ports, path, 'train', 'recipe.yaml')).stderr).toContain('error[MODEL_MISSING]');
});

test('an error in a recipe shows its line', async () => {
  await using home = await temporaryDirectory();
  const { ports, path } = await project(home.path, quartersRecipe('../data').replace('sgd', 'lion'));
  const run = await runMgit(ports, path, 'train', 'recipe.yaml');
  expect(run.stderr).toContain('error[RECIPE_INVALID]: recipe.yaml:6:');
  expect(run.stderr).toContain('optimizer.name must be one of sgd, adamw');
});

test('a run that cannot be committed leaves files and index as they were', async () => {
  await using home = await temporaryDirectory();
  const { ports, path, changedPaths } = await project(home.path);
  await runMgit(ports, path, 'train', 'recipe.yaml');
  const before = readFileSync(join(path, 'model.safetensors'));
  writeFileSync(join(path, '.git/hooks/pre-commit'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const run = await runMgit(ports, path, 'train', 'recipe.yaml', '--set', 'seed=9');
  expect(run.exitCode).toBe(1);
  expect(readFileSync(join(path, 'model.safetensors')).equals(before)).toBe(true);
  expect(await changedPaths()).toEqual([]);
});

test("the user's own command trains under the same record, and is repeated only when allowed", async () => {
  await using home = await temporaryDirectory();
  const { ports, path, commitAll } = await project(home.path);
  await runMgit(ports, path, 'train', 'recipe.yaml');
  writeFileSync(
    join(path, 'nudge.mjs'),
    `import { readFileSync, writeFileSync } from 'node:fs';
const [model, out, seed, metrics] = process.argv.slice(2);
const bytes = readFileSync(model);
bytes.writeFloatLE(Number(seed), bytes.length - 4);
writeFileSync(out, bytes);
writeFileSync(metrics, '{"loss": 0.25}');
console.log('nudged');
`,
  );
  const recipe = { version: 1, model: { path: 'model.safetensors' }, seed: 3, data: { path: '../data' } };
  const command = [process.execPath, 'nudge.mjs', '{model}', '{out}', '{seed}', '{metrics}'];
  writeFileSync(join(path, 'own.yaml'), JSON.stringify({ ...recipe, command }));
  await commitAll('Own command');
  const run = await runMgit(ports, path, 'train', 'own.yaml', '--json');
  expect(run.json()).toMatchObject({ metrics: { loss: 0.25 }, seed: 3 });
  expect(run.events).toContainEqual({ type: 'step', message: 'nudged' });
  expect((await runMgit(ports, path, 'rerun', 'HEAD')).stderr).toContain('error[COMMAND_NOT_ALLOWED]');
  const rerun = await runMgit(ports, path, 'rerun', 'HEAD', '--allow-command', '--json');
  expect(rerun.json()).toMatchObject({ verdict: 'bit-identical' });
  writeFileSync(join(home.path, 'data', 'more.bin'), 'x');
  const changed = await runMgit(ports, path, 'rerun', 'HEAD', '--allow-command');
  expect(changed.stderr).toContain('error[DATA_CHANGED]');
});
