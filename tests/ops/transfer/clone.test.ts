import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { beginClone } from '../../../src/ops/transfer/unfinished-clone.ts';
import { buildWorld, type CrashWorld } from '../../testkit/crash/crash-world.ts';
import { runMgit, temporaryDirectory } from '../../testkit/world.ts';

let home: Awaited<ReturnType<typeof temporaryDirectory>>;
let day: CrashWorld;

beforeAll(async () => {
  home = await temporaryDirectory();
  day = await buildWorld(home.path, { history: 'system', megabytes: 0.02 });
});
beforeEach(() => rm(join(home.path, 'clone'), { recursive: true, force: true }));
afterAll(() => home[Symbol.asyncDispose]());

const clone = (...options: string[]) =>
  runMgit(day.ports, day.directory, 'clone', ...options, 'remote.git', 'clone');

/** What is left of a clone that was cut off as soon as it had begun. */
async function cutOff(): Promise<void> {
  const what = `${join(day.directory, 'remote.git')} undefined undefined undefined undefined`;
  await beginClone(day.ports.fs, { directory: join(day.directory, 'clone'), bare: false, what });
}

test('a clone that was cut off goes on when it is repeated, until it is done', async () => {
  await cutOff();
  expect(await clone()).toMatchObject({ exitCode: 0, stderr: '' });
  const model = await readFile(join(home.path, 'clone/model.safetensors'));
  expect(model.equals(await readFile(join(day.path, 'model.safetensors')))).toBe(true);
  expect(await readdir(join(home.path, 'clone/.git/mgit'))).not.toContain('cloning');
  expect((await clone()).stderr).toContain('error[DIRECTORY_NOT_EMPTY]');
});

test('an unfinished clone is not made another one', async () => {
  await cutOff();
  const { stderr } = await clone('--filter', 'none');
  expect(stderr.replace(home.path, '')).toMatchInlineSnapshot(`
    "error[DIRECTORY_NOT_EMPTY]: /clone exists and is not an empty directory
    hint: repeat the clone that was cut off there as it was begun, or remove the directory
    "
  `);
});

test('a repeated clone that fails leaves what it found', async () => {
  await cutOff();
  const packs = join(home.path, 'clone/.git/mgit/packs');
  await mkdir(packs);
  await writeFile(join(packs, 'part'), '');
  await writeFile(join(home.path, 'clone/config.json'), 'mine\n');
  expect((await clone()).stderr).toContain('error[LOCAL_CHANGES]');
  expect(await readdir(packs)).toContain('part');
  expect(await readFile(join(home.path, 'clone/config.json'), 'utf8')).toBe('mine\n');
});

test.for(['.git', '.git/mgit'])('an empty %s does not stop a clone', async folder => {
  await mkdir(join(home.path, 'clone', folder), { recursive: true });
  expect(await clone()).toMatchObject({ exitCode: 0 });
});
