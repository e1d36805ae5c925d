import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CommitId, Digest, PackId } from '../../../src/base/ids.ts';
import { checkRepository } from '../../../src/ops/maintenance/fsck.ts';
import { pushRemote } from '../../../src/ops/transfer/push.ts';
import { digestOf } from '../../testkit/layouts.ts';
import { type ModelRepository, modelRepository, noiseTensor } from '../../testkit/model-repository.ts';
import { picoModel } from '../../testkit/pico-model.ts';
import { run } from '../../testkit/programs.ts';
import { scene } from '../../testkit/scene.ts';
import { temporaryDirectory, testPorts } from '../../testkit/world.ts';

/** The pack that an extent is read from. */
async function packOf({ store }: ModelRepository, digest: Digest): Promise<PackId> {
  const pack = (await store.describe(digest))?.packs[0];
  if (!pack) throw new Error('it is not stored');
  return pack;
}

/** Flips a bit where an extent's bytes are. */
async function damage(repository: ModelRepository, bytes: Uint8Array): Promise<PackId> {
  const pack = await packOf(repository, digestOf(bytes));
  const path = repository.store.packPath(pack);
  const file = await readFile(path);
  const at = file.indexOf(bytes.subarray(0, 64));
  file[at + 10] = (file[at + 10] ?? 0) ^ 4;
  await writeFile(path, file);
  return pack;
}

const A = noiseTensor('a', 1, 2000);
const B = noiseTensor('b', 2, 2000);

/** A base, a side branch that changes one tensor, and a merge that is computed from the base. */
async function history(repository: ModelRepository) {
  const base = await repository.commitModel('main', [A]);
  const side = await repository.commitModel('side', [B], [base]);
  const merge = await repository.commitRecipe('main', [base, side], A);
  return { base, side, merge };
}

test('a whole repository has no problems', async () => {
  await using home = await temporaryDirectory();
  await using repository = await modelRepository(testPorts(home.path), join(home.path, 'repo'));
  await history(repository);
  expect(await checkRepository(repository)).toMatchObject({ problems: [], packs: 3, repair: null });
});

test('damage is reported with all that it touches, also through what is computed', async () => {
  await using home = await temporaryDirectory();
  await using repository = await modelRepository(testPorts(home.path), join(home.path, 'repo'));
  const { base, merge } = await history(repository);
  const pack = await damage(repository, A.data);
  const { problems } = await checkRepository(repository);
  expect(problems.find(({ digest }) => digest === digestOf(A.data))).toEqual({
    code: 'EXTENT_CORRUPT',
    level: 'error',
    message: expect.stringContaining('is damaged'),
    pack,
    digest: digestOf(A.data),
    affects: {
      files: ['model.bin'],
      tensors: ['a'],
      commits: [merge, base],
      refs: ['refs/heads/main', 'refs/heads/side'],
    },
  });
});

test('a lost pack is reported as missing extents', async () => {
  await using home = await temporaryDirectory();
  await using repository = await modelRepository(testPorts(home.path), join(home.path, 'repo'));
  const { side } = await history(repository);
  await rm(repository.store.packPath(await packOf(repository, digestOf(B.data))));
  await using again = await modelRepository(testPorts(home.path), join(home.path, 'repo'));
  const { problems } = await checkRepository(again);
  expect(problems.find(({ digest }) => digest === digestOf(B.data))).toMatchObject({
    code: 'EXTENT_MISSING',
    level: 'error',
    affects: { commits: [side], refs: ['refs/heads/main', 'refs/heads/side'] },
  });
});

test('what a remote has comes back from there, and the damaged pack is kept aside', async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path);
  const bare = join(home.path, 'bare.git');
  await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
  await using repository = await modelRepository(ports, join(home.path, 'repo'));
  await repository.history.setConfig('remote.origin.url', bare, 'local');
  const { merge } = await history(repository);
  await pushRemote(repository, { remote: 'origin', refspecs: ['main', 'side'] });
  const before = await repository.modelBytes(merge as CommitId);
  await damage(repository, A.data);
  const lost = await packOf(repository, digestOf(B.data));
  await writeFile(repository.store.packPath(lost), 'no pack at all');
  await using broken = await modelRepository(ports, join(home.path, 'repo'));
  const result = await checkRepository(broken, { repair: { remote: 'origin' } });
  expect(result.problems).toEqual([]);
  expect(result.repair?.before.map(({ code }) => code)).toEqual(
    expect.arrayContaining(['PACK_CORRUPT', 'EXTENT_CORRUPT']),
  );
  expect(result.repair?.fetched).toContain(lost);
  await using healthy = await modelRepository(ports, join(home.path, 'repo'));
  expect(Buffer.compare(await healthy.modelBytes(merge as CommitId), before)).toBe(0);
});

test('without a remote what is whole is saved, and the rest is named', async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path);
  await using repository = await modelRepository(ports, join(home.path, 'repo'));
  const commit = await repository.commitModel('main', [A, B]);
  const pack = await damage(repository, B.data);
  const { problems, repair } = await checkRepository(repository, { repair: { remote: undefined } });
  expect(problems).toMatchObject([
    { code: 'EXTENT_MISSING', digest: digestOf(B.data), affects: { tensors: ['b'], commits: [commit] } },
  ]);
  expect(repair).toMatchObject({ quarantined: [pack], fetched: [], fromWorkTree: 0 });
  const kept = await readFile(join(repository.mgitDirectory, 'quarantine', `${pack}.pack`));
  expect(kept.length).toBeGreaterThan(4000);
  await using again = await modelRepository(ports, join(home.path, 'repo'));
  expect(await again.store.has(digestOf(A.data))).toBe(true);
  expect(await again.store.has(digestOf(B.data))).toBe(false);
});

test('a person sees the files, tensors, commits and branches, and repairs from the work tree', async () => {
  await using work = await scene();
  await work.mgit('track', '*.safetensors');
  await work.write('model.safetensors', picoModel(1));
  await work.mgit('add', '.');
  await work.mgit('commit', '-m', 'first');
  expect(await work.mgit('fsck')).toMatch(/^whole: 1 pack, \d+ extents reached$/);
  const packs = join(work.path, '.git/mgit/packs');
  const [name] = (await work.ports.fs.readDirectory(packs)).map(entry => entry.name);
  const bytes = await readFile(join(packs, name as string));
  const at = bytes.indexOf(picoModel(1).subarray(-32));
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(join(packs, name as string), bytes);
  const found = await work.attempt('fsck');
  expect(found.exitCode).toBe(1);
  expect(found.stdout.replace(/\b[0-9a-f]{7,64}\b/g, '#')).toMatchInlineSnapshot(`
    "error[EXTENT_CORRUPT]: the data # is damaged: its digest is #
      files: model.safetensors
      tensors: fc2.weight
      commits: 1, the newest #
      refs: main
    1 problem; see "mgit fsck --repair"
    "
  `);
  const mended = await work.attempt('fsck', '--repair');
  expect(mended).toMatchObject({ exitCode: 0, stderr: '' });
  expect(mended.stdout).toMatchInlineSnapshot(`
    "moved 1 damaged pack to mgit/quarantine
    took 1 extent from the work tree
    whole: 2 packs, 4 extents reached
    "
  `);
  await rm(join(work.path, 'model.safetensors'));
  await work.mgit('restore', '.');
  expect(await work.read('model.safetensors')).toEqual(Buffer.from(picoModel(1)));
});

test('what is only staged counts: its damage names the file, and a repair takes it from the work tree', async () => {
  await using work = await scene();
  await work.mgit('track', '*.safetensors');
  await work.write('model.safetensors', picoModel(1));
  await work.mgit('add', '.');
  const packs = join(work.path, '.git/mgit/packs');
  const [name] = (await work.ports.fs.readDirectory(packs)).map(entry => entry.name);
  const bytes = await readFile(join(packs, name as string));
  const at = bytes.indexOf(picoModel(1).subarray(-32));
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(join(packs, name as string), bytes);
  const found = (await work.attempt('fsck', '--json')).json();
  expect(found).toMatchObject({
    problems: [{ affects: { files: ['model.safetensors'], tensors: ['fc2.weight'], commits: [], refs: [] } }],
  });
  expect(await work.mgit('fsck', '--repair')).toContain('took 1 extent from the work tree');
  await work.mgit('commit', '-m', 'first');
  await rm(join(work.path, 'model.safetensors'));
  await work.mgit('restore', '.');
  expect(await work.read('model.safetensors')).toEqual(Buffer.from(picoModel(1)));
});

test('what is staged in a linked work tree is looked for, too', async () => {
  await using work = await scene();
  await work.mgit('track', '*.safetensors');
  await work.mgit('add', '.');
  await work.mgit('commit', '-m', 'first');
  await work.git('worktree', 'add', '../linked');
  await writeFile(join(work.path, '../linked/model.safetensors'), picoModel(1));
  await work.mgit('-C', '../linked', 'add', '.');
  await rm(join(work.path, '.git/mgit/packs'), { recursive: true });
  const run = await work.attempt('fsck');
  expect(run.stdout).toContain('error[EXTENT_MISSING]');
  expect(run.stdout).toContain('files: model.safetensors');
});

test('an index that cannot be read is reported, and the rest is checked', async () => {
  await using work = await scene();
  await work.write('a.txt', 'a');
  await work.mgit('add', '.');
  await work.mgit('commit', '-m', 'first');
  await writeFile(join(work.path, '.git/index'), 'no index at all');
  const { problems } = (await work.attempt('fsck', '--connectivity-only', '--json')).json() as {
    problems: readonly { code: string }[];
  };
  expect(problems.map(({ code }) => code)).toEqual(['INDEX_CORRUPT']);
});

test("damage of Git's objects and of mgit's own files is found", async () => {
  await using work = await scene();
  await work.mgit('track', '*.safetensors');
  await work.write('model.safetensors', picoModel(1));
  await work.mgit('add', '.');
  await work.mgit('commit', '-m', 'first');
  const blob = (await work.git('rev-parse', ':model.safetensors')).trim();
  const head = (await work.git('rev-parse', 'HEAD')).trim();
  await work.git('update-ref', `refs/mgit/candidates/${'1'.repeat(40)}`, head);
  const object = join(work.path, '.git/objects', blob.slice(0, 2), blob.slice(2));
  await rm(object);
  const run = await work.attempt('fsck', '--json');
  expect(run.exitCode).toBe(1);
  const { problems } = run.json() as { problems: readonly { code: string; object?: string }[] };
  expect(problems.map(({ code }) => code)).toEqual(
    expect.arrayContaining(['OBJECT_MISSING', 'CANDIDATE_CORRUPT', 'GIT_FSCK']),
  );
  expect(problems.find(({ code }) => code === 'OBJECT_MISSING')?.object).toBe(blob);
});
