import { expect, test } from 'vitest';
import { parseRevisionPath } from '../../../src/ops/history/show-path.ts';
import { type MergeRepository, mergeRepository } from '../../testkit/merge-repository.ts';
import { runMgit } from '../../testkit/world.ts';

async function shown(world: MergeRepository, ...argv: string[]) {
  return runMgit(world.ports, world.path, 'show', ...argv);
}

test('a path of a revision is shown: a model by its tensors, a folder by its names, a file byte for byte', async () => {
  await using world = await mergeRepository();
  await world.commit({
    'model.safetensors': { 'a.w': [1, 2], b: [3] },
    'docs/one.md': 'one\n',
    'docs/deep/two.md': 'two',
  });
  await world.commit({ 'model.safetensors': { b: [4] }, 'docs/one.md': 'changed\n' });
  const model = await shown(world, 'HEAD~1:model.safetensors');
  expect(model.stdout.replace(/[0-9a-f]{12}/g, '<digest>')).toMatchInlineSnapshot(`
    "model.safetensors  safetensors, 2 tensors, 132 B
      a.w  F32 [2]  8 B  <digest>
      b    F32 [1]  4 B  <digest>
    "
  `);
  const json = (await shown(world, 'HEAD~1:model.safetensors', '--json')).json();
  expect(json).toMatchObject({ kind: 'model', tensors: [{ name: 'a.w', dtype: 'F32', shape: [2] }, {}] });
  expect((await shown(world, 'HEAD:docs/')).stdout).toBe('deep/\none.md\n');
  expect((await shown(world, 'HEAD:', '--json')).json()).toMatchObject({
    kind: 'folder',
    entries: ['.gitattributes', 'docs/', 'model.safetensors'],
  });
  expect((await shown(world, 'HEAD~1:docs/one.md')).written).toBe('one\n');
  expect((await shown(world, 'HEAD:docs/deep/two.md')).written).toBe('two');
  const below = await runMgit(world.ports, world.path, '-C', 'docs', 'show', 'HEAD:./one.md', '--json');
  expect(below.json()).toMatchObject({
    kind: 'file',
    path: 'docs/one.md',
    encoding: 'utf8',
    content: 'changed\n',
  });
  for (const object of ['HEAD:nothing', 'nothing:docs'])
    expect((await shown(world, object, '--json')).json()).toMatchObject({
      error: { code: expect.stringMatching(/_UNKNOWN$/) },
    });
});

test('a colon within braces belongs to the revision', () => {
  expect(parseRevisionPath('HEAD^{/fix: it}')).toBeUndefined();
  expect(parseRevisionPath('HEAD^{/fix: it}:a:b')).toEqual({ revision: 'HEAD^{/fix: it}', path: 'a:b' });
  expect(parseRevisionPath('main')).toBeUndefined();
});
