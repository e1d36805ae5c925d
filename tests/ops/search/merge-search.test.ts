import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { MergeSearchResult } from '../../../src/ops/search/merge-search.ts';
import { embeddedFiles, embeddedPolicy, tinyModel } from '../../testkit/embedded-gate.ts';
import { type GatedWorkTree, gatedWorkTree } from '../../testkit/gated-work-tree.ts';
import { temporaryDirectory } from '../../testkit/world.ts';

/** "Evaluates" a model of one tensor: the nearer it is to 640, the more of a thousand items are right; each run leaves a line in a file. */
const EVALUATE = `import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
const [model, out, data, runs] = process.argv.slice(2);
const bytes = readFileSync(model + '/model.safetensors');
const value = bytes.readFloatLE(8 + Number(bytes.readBigUInt64LE(0)));
const right = 1000 - Math.abs(value - 640);
const items = Array.from({ length: 1000 }, (_, id) => JSON.stringify({ id: readFileSync(data, 'utf8').trim() + id, accuracy: id < right }));
writeFileSync(out + '/items.jsonl', items.join('\\n'));
appendFileSync(runs, data + ' ' + value + '\\n');
`;

function commandPolicy(runs: string, development: string): string {
  return `version: 1
gates:
  - name: digits
    command: ["node", "scripts/evaluate.mjs", "{model}", "{out}", "test.txt", "${runs}"]
    data: [{ path: test.txt }]
${development}
    accept:
      - { metric: accuracy, against: base, improve: true }
protect:
  main: { gates: [digits] }
`;
}

interface Scene extends AsyncDisposable {
  readonly tree: GatedWorkTree;
  search(...argv: string[]): Promise<MergeSearchResult & { merge: { kind: string } | null }>;
  /** What was evaluated on the development data, and on the gate's own. */
  evaluated(): { readonly development: readonly number[]; readonly test: readonly number[] };
  logs(): readonly string[];
}

/** main is at 500; two branches lead to 700 and 600: task arithmetic gives 640 where lambda is 0.4667. */
async function scene(development?: string): Promise<Scene> {
  const folder = await temporaryDirectory();
  const runs = join(folder.path, 'runs');
  writeFileSync(runs, '');
  const usual = `    development: { command: ["node", "scripts/evaluate.mjs", "{model}", "{out}", "development.txt", "${runs}"], data: [{ path: development.txt }] }`;
  const tree = await gatedWorkTree({
    policy: commandPolicy(runs, development ?? usual),
    files: { 'scripts/evaluate.mjs': EVALUATE, 'test.txt': 'test\n', 'development.txt': 'development\n' },
  });
  await tree.contribute('a', 700);
  await tree.contribute('b', 600);
  const logFolder = join(tree.path, '.git', 'mgit', 'searches');
  return {
    tree,
    search: async (...argv) => {
      const run = await tree.mgit('merge-search', 'a', 'b', '--gate', 'digits', '--json', ...argv);
      if (run.exitCode !== 0) throw new Error(run.stderr);
      return run.json() as MergeSearchResult & { merge: { kind: string } | null };
    },
    evaluated: () => {
      const lines = readFileSync(runs, 'utf8')
        .trim()
        .split('\n')
        .map(line => line.split(' '));
      const of = (data: string): readonly number[] =>
        lines.filter(([name]) => name === data).map(([, value]) => Number(value));
      return { development: of('development.txt'), test: of('test.txt') };
    },
    logs: () => readdirSync(logFolder).map(name => join(logFolder, name)),
    [Symbol.asyncDispose]: async () => {
      await tree[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const LAMBDA = ['-s', 'task_arithmetic', '--over', 'lambda=0..1.5', '--trials', '20'];

test('finds a better parameter, and merges with it through the gate, on other data', async () => {
  await using world = await scene();
  const result = await world.search(...LAMBDA);
  expect(result).toMatchObject({
    ended: 'trials',
    metric: 'accuracy',
    method: 'task_arithmetic',
    search: 'cma-es',
  });
  expect(result.trials).toHaveLength(20);
  expect(result.best.value).toBeGreaterThan(0.98);
  expect(result.merge).toMatchObject({ kind: 'landed', gates: { verdict: 'pass' } });
  const [value] = world.evaluated().test.slice(-1);
  expect(Math.abs((value ?? 0) - 640)).toBeLessThan(20);
  const [, digest] = /Mgit-Merge: (\w+)/.exec(world.tree.git('log', '-1', '--format=%B', 'main')) ?? [];
  const record = JSON.parse(world.tree.git('show', `main:.mgit/merges/${digest}.json`));
  expect(record).toMatchObject({
    method: 'task_arithmetic',
    parameters: { lambda: Number(result.best.given[0]?.split('=')[1]) },
    search: { kind: 'cma-es', gate: 'digits', metric: 'accuracy', trials: 20, seed: 0, id: result.id },
  });
  expect((await world.tree.mgit('show', 'main')).stdout).toContain(
    'Found by 20 trials (cma-es): accuracy 0.',
  );
  expect((await world.tree.mgit('verify', 'main')).exitCode).toBe(0);
});

test('goes on where it was interrupted, and gives what it would have given', async () => {
  await using whole = await scene();
  const expected = await whole.search(...LAMBDA, '--no-merge');
  await using world = await scene();
  await world.search(...LAMBDA.slice(0, -1), '7', '--no-merge');
  const [log = ''] = world.logs();
  writeFileSync(log, readFileSync(log, 'utf8').slice(0, -20)); // The last line is cut off.
  const before = world.evaluated().development.length;
  const result = await world.search(...LAMBDA, '--no-merge');
  expect(result.merge).toBeNull();
  expect(result.trials.map(({ given, value }) => [given, value])).toEqual(
    expected.trials.map(({ given, value }) => [given, value]),
  );
  expect(result.trials.filter(({ isKnown }) => isKnown)).toHaveLength(6);
  expect(world.evaluated().development.length - before).toBe(13); // What lost its line has its evaluation still.
});

test('a grid tries every combination, the same models once, and ends with its budget', async () => {
  await using world = await scene();
  const grid = [
    '-s',
    'task_arithmetic',
    '--search',
    'grid',
    '--no-merge',
    '--over',
    'lambda=0.25,0.5',
    '--over',
  ];
  const result = await world.search(...grid, 'weight=1,2');
  expect(result.ended).toBe('complete');
  expect(result.trials.map(({ given }) => given.join(' '))).toEqual([
    'lambda=0.25 weight=1,1,1',
    'lambda=0.25 weight=1,1,2',
    'lambda=0.25 weight=1,2,1',
    'lambda=0.25 weight=1,2,2',
    'lambda=0.5 weight=1,1,1',
    'lambda=0.5 weight=1,1,2',
    'lambda=0.5 weight=1,2,1',
    'lambda=0.5 weight=1,2,2',
  ]);
  expect(result.best.given.join(' ')).toBe('lambda=0.25 weight=1,2,2'); // The first of the best.
  // 0.25 x (2, 2) is 0.5 x (1, 1): these models are equal, and evaluated once.
  expect(world.evaluated().development).toHaveLength(7);
  const short = await world.search(...grid, 'weight=1,2,3', '--budget', '3s');
  expect(short.ended).toBe('budget');
  expect(short.trials.length).toBeLessThan(18);
});

test('a greedy soup keeps what does not harm, and merges nothing else', async () => {
  await using world = await scene();
  await world.tree.contribute('far', 1400);
  const run = await world.tree.mgit(
    'merge-search',
    'far',
    'a',
    'b',
    '--gate',
    'digits',
    '--search',
    'greedy-soup',
    '--json',
  );
  const result = run.json() as MergeSearchResult;
  expect(result.trials.map(({ revisions, value }) => [revisions.join(' '), value])).toEqual([
    ['far', 0.24],
    ['a', 0.94],
    ['b', 0.96],
    ['a b', 0.99],
    ['far a b', 0.74],
  ]);
  expect(result.best.revisions).toEqual(['a', 'b']);
  expect(world.tree.git('log', '-1', '--format=%P', 'main').split(' ')).toHaveLength(3);
  expect(result.merge).toMatchObject({ kind: 'landed' });
});

test('a dry run tries nothing', async () => {
  await using world = await scene();
  const run = await world.tree.mgit('merge-search', 'a', 'b', '--gate', 'digits', '-s', 'ties', '--dry-run');
  expect(run.stdout).toContain('at most 50 trials (cma-es)');
  expect(run.stdout).toMatch(/density of model 1 +0.05 to 1/);
  expect(world.evaluated().development).toEqual([]);
  world.tree.write('notes.txt', 'no model');
  await world.tree.mgit('add', 'notes.txt');
  await world.tree.mgit('commit', '-m', 'Take notes');
  const again = await world.tree.mgit(
    'merge-search',
    'a',
    'b',
    '--gate',
    'digits',
    '-s',
    'ties',
    '--dry-run',
  );
  expect(again.stdout).toBe(run.stdout); // A target that changed no model still takes no part.
});

const SHARED = `    development: { data: [{ path: test.txt }] }`;

test.each([
  ['SEARCH_NO_DEVELOPMENT', '', []],
  ['SEARCH_DATA_SHARED', SHARED, []],
  ['GATE_UNKNOWN', undefined, ['--gate', 'none']],
  ['SEARCH_RANGE_INVALID', undefined, ['--over', 'lambda=2..1']],
  ['USAGE', undefined, ['--over', 'lambda=0..1', '-X', 'lambda=1']],
  ['USAGE', undefined, ['--search', 'greedy-soup', '-s', 'ties']],
  ['USAGE', undefined, ['--budget', 'soon']],
  ['USAGE', undefined, ['--trials', '0']],
] as const)('%s', async (code, development, argv) => {
  await using world = await scene(development);
  const run = await world.tree.mgit(
    'merge-search',
    'a',
    'b',
    '--gate',
    'digits',
    '-s',
    'task_arithmetic',
    ...argv,
  );
  expect(run.stderr).toContain(`error[${code}]`);
  expect(world.evaluated()).toEqual({ development: [], test: [] });
});

test('development data outside the tree is pinned by a digest of its own', async () => {
  await using outside = await temporaryDirectory();
  writeFileSync(join(outside.path, 'more.txt'), 'more\n');
  const path = join(outside.path, 'more.txt');
  await using world = await scene(
    `    development: { command: ["node", "scripts/evaluate.mjs"], data: [{ path: ${path} }] }`,
  );
  const run = await world.tree.mgit('merge-search', 'a', 'b', '--gate', 'digits', '-s', 'linear');
  expect(run.stderr).toContain('error[GATE_DATA_UNPINNED]');
  expect(run.stderr).toContain('development.data[].digest: sha256:');
});

test('a branch that descends from the target computes nothing', async () => {
  await using world = await scene();
  const run = await world.tree.mgit('merge-search', 'a', '--gate', 'digits');
  expect(run.stderr).toContain('error[SEARCH_NOTHING]');
});

describe('an embedded gate', () => {
  const policy = (development: string): string =>
    embeddedPolicy('mode: probe, recipe: recipes/probe.yaml, seeds: [1]', '')
      .replace(/ {4}finetune:.*\n/, '')
      .replace(
        'metrics: [accuracy, loss] }',
        `metrics: [accuracy, loss], limit: 400 }\n    development: ${development}`,
      );

  async function contribute(tree: GatedWorkTree, models: Readonly<Record<string, number>>): Promise<void> {
    for (const [branch, confidence] of Object.entries(models)) {
      await tree.mgit('switch', '-c', branch, 'main');
      tree.write('model.safetensors', tinyModel(confidence));
      await tree.mgit('commit', '-am', branch);
      await tree.mgit('switch', 'main');
    }
  }

  test('leaves its own items out of the development data', async () => {
    await using tree = await gatedWorkTree({ policy: policy('{ split: test }'), files: embeddedFiles() });
    await contribute(tree, { a: 4, b: 2, bad: -20 });
    const run = await tree.mgit(
      'merge-search',
      'a',
      'b',
      'bad',
      '--gate',
      'tiny',
      '--search',
      'greedy-soup',
      '--json',
    );
    expect(run.stderr).toBe('');
    expect(run.json()).toMatchObject({ best: { revisions: ['a', 'b'] }, merge: { kind: 'landed' } });
  });

  test.each([
    ['SEARCH_DATA_SHARED', '{ split: train }', []], // These are the first of the test images.
    ['SEARCH_METRIC_UNKNOWN', '{ split: test }', ['--metric', 'nonsense']],
  ])('%s', async (code, development, argv) => {
    await using tree = await gatedWorkTree({ policy: policy(development), files: embeddedFiles() });
    await contribute(tree, { a: 4, b: 2 });
    const run = await tree.mgit('merge-search', 'a', 'b', '--gate', 'tiny', ...argv);
    expect(run.stderr).toContain(`error[${code}]`);
  });
});
