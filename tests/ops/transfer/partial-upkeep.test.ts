import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { noiseTensor } from '../../testkit/model-repository.ts';
import { NO_FAULTS, type PartialScene, partialScene } from '../../testkit/partial-scene.ts';

const SIZE = 100_000;

/** Two versions of a model, published; the decoder is the same in both. */
async function published(world: PartialScene) {
  const decoder = noiseTensor('decoder.a', 2);
  const first = await world.alpha.commitModel('main', [noiseTensor('encoder.a', 1), decoder]);
  const second = await world.alpha.commitModel('main', [noiseTensor('encoder.a', 3), decoder], [first]);
  await world.push();
  world.faults.setPlan(NO_FAULTS);
  return { first, second };
}

test('fsck of a partial clone counts what is promised, and reports what nobody holds', async () => {
  await using world = await partialScene();
  await published(world);
  await world.clone('beta', '--filter', 'encoder.*');
  const whole = await world.mgit('beta', 'fsck', '--json');
  expect(whole).toMatchObject({ exitCode: 0 });
  expect(whole.json()).toMatchObject({ problems: [], promisedExtents: 1 });
  const beta = await world.open('beta');
  await beta.history.updateRefs(
    [{ ref: 'refs/mgit/remotes/origin/packs', target: null }],
    'the remote lost its packs',
  );
  const lost = await world.mgit('beta', 'fsck', '--json');
  expect(lost).toMatchObject({ exitCode: 1 });
  expect(lost.json()).toMatchObject({
    problems: [{ code: 'EXTENT_MISSING', affects: { tensors: ['decoder.a'] } }],
    promisedExtents: 0,
  });
});

test('fsck without the remote says what it could not ask, and finds no fault with it', async () => {
  await using world = await partialScene();
  await published(world);
  await world.clone('beta', '--filter', 'none');
  for (const name of await readdir(join(world.home, 'beta/.git/mgit/indexes')))
    await writeFile(join(world.home, 'beta/.git/mgit/indexes', name), 'damaged'); // They must be read anew.
  world.faults.setPlan(() => ({ kind: 'drop' }));
  const run = await world.mgit('beta', 'fsck', '--json');
  expect(run).toMatchObject({ exitCode: 0 });
  expect(run.json()).toMatchObject({
    problems: [{ code: 'PROMISE_UNCHECKED', level: 'note' }],
    promisedExtents: 3,
  });
});

test('a repair of a partial clone puts damage away, and leaves with the remote what it holds', async () => {
  await using world = await partialScene();
  await published(world);
  await world.clone('beta', '--filter', 'encoder.*');
  const packs = join(world.home, 'beta/.git/mgit/packs');
  const [name] = await readdir(packs);
  const bytes = await readFile(join(packs, name ?? ''));
  bytes.writeUInt8(bytes.readUInt8(50_000) ^ 1, 50_000);
  await writeFile(join(packs, name ?? ''), bytes);
  expect(await world.mgit('beta', 'fsck')).toMatchObject({ exitCode: 1 });
  world.faults.setPlan(NO_FAULTS);
  expect(await world.mgit('beta', 'fsck', '--repair', 'origin')).toMatchObject({ exitCode: 0 });
  expect(world.moved()).toBe(0);
  expect(await world.mgit('beta', 'restore', 'model.bin')).toMatchObject({ exitCode: 0 });
});

test('gc and repack leave a partial clone as readable as it was', async () => {
  await using world = await partialScene();
  const { second } = await published(world);
  await world.clone('beta', '--filter', 'encoder.*');
  await world.mgit('beta', 'restore', 'model.bin');
  world.faults.setPlan(() => ({ kind: 'drop' }));
  for (const command of [['repack'], ['gc', '--prune', 'now'], ['fsck']])
    expect(await world.mgit('beta', ...command)).toMatchObject({ exitCode: 0, stderr: '' });
  await writeFile(join(world.home, 'beta', 'model.bin'), 'something else');
  expect(await world.mgit('beta', 'restore', 'model.bin')).toMatchObject({ exitCode: 0 });
  expect(Buffer.compare(await world.bytesOf('beta'), await world.bytesAt(second))).toBe(0);
});

test('a shallow clone moves the newest commit only, and --unshallow the rest', async () => {
  await using world = await partialScene();
  const { second } = await published(world);
  const bare = `file://${join(world.home, 'model.git')}`; // Git knows no depth on a path.
  expect(await world.mgit('', 'clone', '--depth', '1', bare, 'beta')).toMatchObject({ exitCode: 0 });
  expect(world.moved()).toBeLessThan(2.1 * SIZE + 2 * 64 * 1024); // Two packs, whose tails are read.
  expect(Buffer.compare(await world.bytesOf('beta'), await world.bytesAt(second))).toBe(0);
  expect((await world.mgit('beta', 'log', '--json')).json()).toMatchObject({ commits: [{ id: second }] });
  expect(await world.mgit('beta', 'fsck')).toMatchObject({ exitCode: 0 });
  world.faults.setPlan(NO_FAULTS);
  expect(await world.mgit('beta', 'fetch', '--unshallow')).toMatchObject({ exitCode: 0 });
  expect(world.moved()).toBe(SIZE);
  expect(await world.mgit('beta', 'fsck', '--json')).toMatchObject({ exitCode: 0 });
  expect(await world.mgit('beta', 'switch', '--detach', 'HEAD~1')).toMatchObject({ exitCode: 0 });
});
