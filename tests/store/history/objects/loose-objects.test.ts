import { execFileSync } from 'node:child_process';
import { mkdir, readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeLooseObject } from '../../../../src/store/history/objects/loose-objects.ts';
import { interleaved } from '../../../testkit/interleaved.ts';
import { temporaryDirectory, testPorts } from '../../../testkit/world.ts';

const BYTES = Buffer.from('hello\n');

test("an object is written although Git's gc removes its empty folder, or its unfinished file, at any step", async () => {
  for (let step = 1, last = 1; step <= last; step++) {
    await using home = await temporaryDirectory();
    const ports = testPorts(home.path);
    const objectsDirectory = join(home.path, 'objects');
    await mkdir(objectsDirectory);
    const gc = async (): Promise<void> => {
      for (const folder of await readdir(objectsDirectory)) {
        const path = join(objectsDirectory, folder);
        for (const name of await readdir(path))
          if (name.startsWith('tmp_obj_')) await ports.fs.removeFile(join(path, name));
        await rmdir(path).catch((error: unknown) => expect(error).toMatchObject({ code: 'ENOTEMPTY' }));
      }
    };
    const writing = interleaved(ports, step, gc);
    const id = await writeLooseObject({ ports: writing.ports, objectsDirectory }, 'blob', BYTES);
    last = writing.count();
    expect(await readdir(join(objectsDirectory, id.slice(0, 2))), `step ${step}`).toEqual([id.slice(2)]);
  }
});

test('git reads it', async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path);
  execFileSync('git', ['init', '--quiet', home.path]);
  const objectsDirectory = join(home.path, '.git/objects');
  const id = await writeLooseObject({ ports, objectsDirectory }, 'blob', BYTES);
  expect(execFileSync('git', ['cat-file', 'blob', id], { cwd: home.path })).toEqual(BYTES);
});

test('a folder that cannot be made is not tried for ever', async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path);
  const gone = Object.assign(new Error('gone'), { code: 'ENOENT' });
  const fs = { ...ports.fs, open: () => Promise.reject(gone) };
  const options = { ports: { ...ports, fs }, objectsDirectory: home.path };
  await expect(writeLooseObject(options, 'blob', BYTES)).rejects.toBe(gone);
});
