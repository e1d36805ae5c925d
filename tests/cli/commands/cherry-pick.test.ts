import { expect, test } from 'vitest';
import { modelFile } from '../../testkit/merge-repository.ts';
import { type Scene, scene, withoutIds } from '../../testkit/scene.ts';

/** `topic` changed both tensors and a text since `main` changed one tensor and the same line. */
async function diverged(): Promise<Scene> {
  const day = await scene('embedded');
  const commit = async (a: number, b: number, text: string): Promise<void> => {
    await day.write('model.safetensors', modelFile({ a: [a, 1], b: [b] }));
    await day.write('notes.txt', `${text}\n`);
    await day.mgit('add', '.');
    await day.mgit('commit', '-m', text);
  };
  await day.mgit('track', '*.safetensors');
  await commit(1, 1, 'base');
  await day.mgit('switch', '-c', 'topic');
  await commit(3, 2, 'topic');
  await day.mgit('switch', 'main');
  await commit(2, 1, 'main');
  return day;
}

test('a conflict says how to go on, status repeats it, and what is done is told', async () => {
  await using day = await diverged();
  const stopped = await day.attempt('cherry-pick', 'topic');
  expect(stopped.exitCode).toBe(4);
  expect(withoutIds(stopped.stdout)).toMatchInlineSnapshot(`
    "Stopped at <short id> topic
    Conflicts:
      notes.txt: 1 place changed on both sides; edit the file, then mgit add notes.txt
    Resolve them, then "mgit cherry-pick --continue"; or --skip this commit, or --abort.
    "
  `);
  expect(withoutIds(await day.mgit('status'))).toMatchInlineSnapshot(`
    "On branch main

    Cherry-picking <short id>: resolve the conflicts, then "mgit cherry-pick --continue", or --skip, or --abort

    Unmerged paths:
      both modified: notes.txt
        notes.txt: 1 place changed on both sides; edit the file, then mgit add notes.txt

    Changes to be committed:
      modified:  model.safetensors  (2 of 2 tensors changed)"
  `);
  await day.write('notes.txt', 'both\n');
  await day.mgit('add', 'notes.txt');
  expect(withoutIds(await day.mgit('cherry-pick', '--continue'))).toMatchInlineSnapshot(`
    "model.safetensors: 1 merged, 1 from theirs
    <short id> -> <short id> topic
    Picked onto main: <short id>..<short id>"
  `);
  expect(await day.mgit('show')).toMatch(/cherry-pick of [0-9a-f]{10}, by add_difference scale=1\n.*cosine/s);
  expect(JSON.parse(await day.mgit('show', '--json'))).toMatchObject({
    merge: { models: [{ blocks: [{ block: 'a', norms: [1, 2], cosines: [1], signConflicts: [0] }] }] },
  });
  expect(JSON.parse(await day.mgit('revert', 'HEAD', '--json'))).toMatchObject({
    kind: 'done',
    commits: [{}],
  });
});

test('--no-commit leaves the change in index and work tree', async () => {
  await using day = await diverged();
  await day.mgit('cherry-pick', '-n', 'topic', '-X', 'take:notes.txt=ours');
  expect(await day.mgit('status', '--porcelain')).toBe('M  model.safetensors');
  await day.mgit('undo');
  expect(await day.mgit('status', '--porcelain')).toBe('');
});

test('what makes no sense is refused', async () => {
  await using day = await diverged();
  for (const argv of [
    ['cherry-pick'],
    ['cherry-pick', '--scale', 'half', 'topic'],
    ['revert', '-m', 'message', 'HEAD'],
    ['cherry-pick', '--abort', '--continue'],
  ])
    expect((await day.attempt(...argv)).exitCode).toBe(2);
});
