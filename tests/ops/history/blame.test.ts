import { expect, test } from 'vitest';
import { blameFile } from '../../../src/ops/history/blame.ts';
import { type MergeRepository, mergeRepository, modelFile } from '../../testkit/merge-repository.ts';
import { scene, withoutIds } from '../../testkit/scene.ts';

async function blame(scene: MergeRepository, path: string, revision?: string) {
  const blamed = await blameFile(scene.repository, {
    cwd: scene.path,
    path,
    tensors: [],
    ...(revision === undefined ? {} : { revision }),
  });
  return Object.fromEntries(blamed.map(({ tensor, commit }) => [tensor.name, commit?.id]));
}

const A = [1, 2];
const B = [3, 4];

test('each tensor leads to the commit that last changed it, also through merges and a rename', async () => {
  await using scene = await mergeRepository();
  const begin = await scene.commit({ 'm.safetensors': { a: A, b: A, c: A, d: A } });
  await scene.switch('side', true);
  const side = await scene.commit({ 'm.safetensors': { a: A, b: B, c: A, d: B } });
  await scene.switch('main');
  const ours = await scene.commit({ 'm.safetensors': { a: A, b: A, c: B, d: A } });
  await scene.write('m.safetensors', { a: A, b: B, c: B, d: [9] });
  const { history } = scene.repository;
  expect(await blame(scene, 'm.safetensors')).toEqual({ a: begin, b: undefined, c: ours, d: undefined });
  const merged = await scene.commit({});
  const { tree } = await history.readCommit(merged);
  const merge = await history.writeCommit({ tree, parents: [ours, side], message: 'merge\n' });
  expect(await blame(scene, 'm.safetensors', merge)).toEqual({ a: begin, b: side, c: ours, d: merge });
  await scene.write('renamed.safetensors', { a: A, b: B, c: B, d: A });
  const moved = await scene.commit({ 'm.safetensors': undefined });
  expect(await blame(scene, 'renamed.safetensors')).toEqual({ a: begin, b: merged, c: ours, d: moved });
});

test('a file that is no model, or is not there, is refused', async () => {
  await using scene = await mergeRepository();
  await scene.commit({ 'a.txt': 'a\n' });
  await expect(blame(scene, 'a.txt')).rejects.toMatchObject({ code: 'NOT_A_MODEL' });
  await expect(blame(scene, 'no.safetensors')).rejects.toMatchObject({ code: 'PATH_UNKNOWN' });
  await expect(blame(scene, 'no.safetensors', 'HEAD')).rejects.toMatchObject({ code: 'PATH_UNKNOWN' });
});

test.each(['embedded', 'system'] as const)('blame and log --tensor, with %s history', async history => {
  await using day = await scene(history);
  await day.mgit('track', '*.safetensors');
  await day.write('m.safetensors', modelFile({ 'head.w': A, 'encoder.0.w': A, 'encoder.1.w': A }));
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'Begin');
  await day.write('m.safetensors', modelFile({ 'head.w': B, 'encoder.0.w': A, 'encoder.1.w': A }));
  await day.mgit('commit', '-am', 'Tune the head');
  await day.write('README.md', 'x\n');
  await day.mgit('add', '.');
  await day.mgit('commit', '-m', 'Tell');
  await day.write('m.safetensors', modelFile({ 'head.w': B, 'encoder.0.w': A, 'encoder.1.w': B }));
  expect(withoutIds(await day.mgit('blame', 'm.safetensors'))).toMatchInlineSnapshot(`
    "<short id>  A Contributor      2026-01-01  encoder.0.w  F32 [2]  Begin
    <short id>  Not committed yet              encoder.1.w  F32 [2]
    <short id>  A Contributor      2026-01-01  head.w       F32 [2]  Tune the head"
  `);
  expect(await day.mgit('blame', 'HEAD', 'm.safetensors', '--tensor', 'encoder.*')).not.toContain('head');
  const subjects = async (...words: string[]): Promise<string[]> =>
    (await day.mgit('log', '--oneline', ...words))
      .split('\n')
      .filter(line => line !== '')
      .map(line => line.replace(/^\S+ (?:\(.*?\) )?/, ''));
  expect(await subjects('--tensor', 'head.*')).toEqual(['Tune the head', 'Begin']);
  expect(await subjects('--tensor', 'encoder.*', 'm.safetensors')).toEqual(['Begin']);
  expect(await subjects('--tensor', 'none')).toEqual([]);
  expect(await subjects('--tensor', 'head.*', '-n', '1')).toEqual(['Tune the head']);
  expect(await subjects('README.md')).toEqual(['Tell']);
  const json = JSON.parse(await day.mgit('blame', '--json', 'HEAD', 'm.safetensors'));
  expect(Object.keys(json.commits)).toHaveLength(2);
  expect((await day.attempt('blame', 'README.md')).stderr).toContain('error[NOT_A_MODEL]');
  expect((await day.attempt('blame', 'HEAD', 'README.md', 'm.safetensors')).exitCode).toBe(2);
});
