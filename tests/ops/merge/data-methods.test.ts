import { join } from 'node:path';
import { expect, test } from 'vitest';
import { embeddedFiles, embeddedPolicy, tinyModel } from '../../testkit/embedded-gate.ts';
import { type GatedWorkTree, gatedWorkTree } from '../../testkit/gated-work-tree.ts';
import { runMgit, temporaryDirectory } from '../../testkit/world.ts';

/** An unprotected main with a network of known graph, and two fine-tunings of it. */
async function scene(measure = ''): Promise<GatedWorkTree> {
  const policy = embeddedPolicy('mode: probe, recipe: recipes/probe.yaml', '').replace(
    /^gates:[\s\S]*/m,
    measure,
  );
  const tree = await gatedWorkTree({ policy, files: embeddedFiles() });
  for (const [branch, confidence] of [
    ['a', 4],
    ['b', 2],
  ] as const) {
    await tree.mgit('switch', '-c', branch, 'main');
    tree.write('model.safetensors', tinyModel(confidence));
    await tree.mgit('commit', '-am', branch);
  }
  await tree.mgit('switch', 'main');
  return tree;
}

function recordOf(tree: GatedWorkTree): Record<string, unknown> {
  const [, digest] = /Mgit-Merge: (\w+)/.exec(tree.git('log', '-1', '--format=%B', 'main')) ?? [];
  return JSON.parse(tree.git('show', `main:.mgit/merges/${digest}.json`));
}

test.each(['fisher', 'regmean', 'adamerging'])(
  '%s measures on data, and what it found is an exact input that gc keeps and verify recomputes with',
  async method => {
    await using tree = await scene('merge: { measure: { data: data, examples: 32, steps: 5, seed: 1 } }\n');
    const run = await tree.mgit('merge', 'a', 'b', '-s', method);
    expect(run.stderr).toBe('');
    expect(run.exitCode).toBe(0);
    expect(recordOf(tree)).toMatchObject({
      method,
      measured: {
        methods: [method],
        data: [{ side: 1, digest: expect.stringMatching(/^sha256:/) }, { side: 2 }],
        examples: 32,
        seed: 1,
        runtime: { provider: 'cpu' },
      },
    });
    expect((await tree.mgit('show', 'main')).stdout).toContain(`Merged by ${method}`);
    expect((await tree.mgit('gc', '--prune', 'now')).exitCode).toBe(0);
    const verified = await tree.mgit('verify', 'main', '--json');
    expect(verified.json()).toMatchObject({ recomputed: 2, failures: [] });
  },
);

test('a push sends what was measured, and whoever clones recomputes the merge', async () => {
  await using tree = await scene();
  await using remote = await temporaryDirectory();
  expect((await tree.mgit('merge', 'a', 'b', '-s', 'fisher', '--data', 'data')).exitCode).toBe(0);
  const url = join(remote.path, 'remote.git');
  tree.git('init', '-q', '--bare', url);
  await tree.mgit('remote', 'add', 'origin', url);
  const pushed = await tree.mgit('push', 'origin', 'main');
  expect(pushed.stderr).toBe('');
  const clone = join(remote.path, 'clone');
  expect((await tree.mgit('clone', url, clone)).exitCode).toBe(0);
  const verified = await runMgit(tree.ports, clone, 'verify', 'HEAD', '--json');
  expect(verified.json()).toMatchObject({ recomputed: 2, failures: [] });
});

test('each model may have data of its own, named on the command line', async () => {
  await using tree = await scene();
  const run = await tree.mgit(
    'merge',
    'a',
    'b',
    '-s',
    'fisher',
    '--data',
    'data',
    '--data',
    'data',
    '--data',
    'data',
  );
  expect(run.exitCode).toBe(0);
  const two = await tree.mgit('merge', 'a', 'b', '-s', 'fisher', '--data', 'data', '--data', 'data');
  expect(two.stdout).toContain('Already up to date');
});

test.each([
  ['MERGE_NEEDS_DATA', '', ['merge', 'a', 'b', '-s', 'fisher']],
  ['MERGE_NEEDS_DATA', '', ['merge', 'a', 'b', '-s', 'adamerging', '--data', 'data', '--data', 'data']],
  ['DATA_MISSING', '', ['merge', 'a', 'b', '-s', 'regmean', '--data', 'nothing']],
  ['MERGE_BASE_REQUIRED', '', ['average', 'a', 'b', '-s', 'adamerging']],
  ['MERGE_NEEDS_DATA', '', ['average', 'a', 'b', '-s', 'fisher']],
] as const)('%s', async (code, measure, argv) => {
  await using tree = await scene(measure);
  const before = tree.git('rev-parse', 'main');
  const run = await tree.mgit(...argv);
  expect(run.stderr).toContain(`error[${code}]`);
  expect(tree.git('rev-parse', 'main')).toBe(before);
});

test('a recipe has no data, in a repository or for folders', async () => {
  await using tree = await scene();
  tree.write('r.yaml', 'version: 1\nmodels: [a, b]\nmethod: regmean\n');
  expect((await tree.mgit('merge', '--recipe', 'r.yaml')).stderr).toContain('error[MERGE_NEEDS_DATA]');
  tree.write('other.safetensors', tinyModel(3));
  tree.write('f.yaml', 'version: 1\nmodels: [model.safetensors, other.safetensors]\nmethod: fisher\n');
  const run = await tree.mgit('merge', '--recipe', 'f.yaml', '--out', 'out');
  expect(run.stderr).toContain('error[MERGE_NEEDS_DATA]');
});

test('a model that nothing says the graph of is not measured', async () => {
  await using tree = await scene();
  tree.write('mgit.yaml', 'version: 1\n');
  await tree.mgit('commit', '-am', 'Forget the graph');
  const run = await tree.mgit('merge', 'a', 'b', '-s', 'fisher', '--data', 'data');
  expect(run.stderr).toContain('error[MERGE_NEEDS_GRAPH]');
});
