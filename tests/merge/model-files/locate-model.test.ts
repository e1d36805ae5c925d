import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nodeFileSystem } from '../../../src/base/ports/node-file-system.ts';
import { locateModel } from '../../../src/merge/model-files/locate-model.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'mgit-locate-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const locate = (name: string) => locateModel(nodeFileSystem(), cwd, name);
function files(...names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), '');
  }
}

test.each([
  [['m/model.safetensors', 'm/pytorch_model.bin'], 'm/model.safetensors'],
  [
    ['m/model.safetensors.index.json', 'm/model-00001-of-00001.safetensors'],
    'm/model.safetensors.index.json',
  ],
  [['m/pytorch_model.bin.index.json', 'm/pytorch_model-1.bin'], 'm/pytorch_model.bin.index.json'],
  [['m/weights.safetensors', 'm/config.json'], 'm/weights.safetensors'],
  [['m/consolidated.00.pth'], 'm/consolidated.00.pth'],
])('of %j, %s is the model of the folder', async (names, expected) => {
  files(...names);
  expect(await locate('m')).toEqual({ name: 'm', path: join(cwd, expected), folder: join(cwd, 'm') });
});

test('a file has the folder of its config only where it is the model of that folder', async () => {
  files('m/model.safetensors', 'm/other.safetensors', 'm/config.json');
  expect((await locate('m/model.safetensors')).folder).toBe(join(cwd, 'm'));
  expect((await locate('m/other.safetensors')).folder).toBeUndefined();
});

test('what cannot be found is told', async () => {
  files('two/a.safetensors', 'two/b.safetensors', 'none/readme.md');
  const refused = async (name: string) => expect(locate(name)).rejects;
  await (await refused('two')).toMatchObject({
    code: 'MODEL_NOT_FOUND',
    message: 'two holds several models and no index: a.safetensors, b.safetensors',
  });
  await (await refused('none')).toMatchObject({ code: 'MODEL_NOT_FOUND', message: 'none holds no model' });
  await (await refused('absent')).toMatchObject({
    code: 'MODEL_NOT_FOUND',
    hint: 'name a folder or a file; relative paths begin at the current directory',
  });
});
