import { expect, test } from 'vitest';
import { type LfsScene, lfsScene } from '../../testkit/lfs-scene.ts';
import { picoModel } from '../../testkit/pico-model.ts';

const LFS = 'filter=lfs diff=lfs merge=lfs -text';
const MGIT = 'filter=mgit diff=mgit merge=mgit -text';

/** The attributes that Git itself finds for files after an import. */
async function filters(day: LfsScene, ...paths: string[]): Promise<Record<string, string>> {
  const out = await day.git('check-attr', '-z', 'filter', 'text', '--', ...paths);
  const words = out.split('\0');
  const found: Record<string, string> = {};
  for (let at = 0; at + 2 < words.length; at += 3) {
    const [path = '', , value = ''] = words.slice(at, at + 3);
    found[path] = found[path] === undefined ? value : `${found[path]} ${value}`;
  }
  return found;
}

const model = (day: LfsScene, path: string, seed = 1) => day.lfs(path, picoModel(seed));

test('a line of Git LFS that matches models alone becomes one of mgit; other words and line ends of it stay', async () => {
  await using day = await lfsScene();
  await day.write('.gitattributes', `# models\r\n*.pt lockable linguist-vendored ${LFS}\r\n*.zip ${LFS}\r\n`);
  await model(day, 'a.pt');
  await day.commit('Add');
  await day.mgit('import', '--from-lfs', '*.pt');
  expect((await day.read('.gitattributes')).toString()).toBe(
    `# models\r\n*.pt linguist-vendored ${MGIT}\r\n*.zip ${LFS}\r\n`,
  );
});

test('where a line matches other files, too, models are named one by one', async () => {
  await using day = await lfsScene();
  await day.write('.gitattributes', `*.bin ${LFS}\n`);
  await model(day, 'model.bin');
  await model(day, 'sub dir/[1]*.bin');
  await day.lfs('data.bin', Buffer.from('data'));
  await day.commit('Add');
  await day.mgit('import', '--from-lfs', '*.bin', '--exclude', 'data.bin');
  expect((await day.read('.gitattributes')).toString()).toBe(
    `*.bin ${LFS}\n/model.bin ${MGIT}\n"/sub dir/\\\\[1]\\\\*.bin" ${MGIT}\n`,
  );
  expect(await filters(day, 'model.bin', 'sub dir/[1]*.bin', 'data.bin', 'other.bin')).toEqual({
    'model.bin': 'mgit unset',
    'sub dir/[1]*.bin': 'mgit unset',
    'data.bin': 'lfs unset',
    'other.bin': 'lfs unset',
  });
  expect(await day.mgit('status')).toContain('working tree clean');
});

test('files of plain Git get a line at the root, from the commit on that has them', async () => {
  await using day = await lfsScene();
  await day.write('readme', 'text');
  await day.commit('Begin');
  await day.write('a.safetensors', picoModel(1));
  await day.commit('Add');
  await day.mgit('import', '--from-lfs');
  expect((await day.read('.gitattributes')).toString()).toBe(`*.safetensors ${MGIT}\n`);
  expect(await day.git('ls-tree', '--name-only', 'HEAD~1')).toBe('readme\n');
});

test.each([
  ['a macro', { '.gitattributes': `[attr]large ${LFS}\n*.pt large\n` }],
  ['a file further down', { 'models/.gitattributes': `*.pt ${LFS}\n` }],
  ['one that takes the filter away', { 'models/.gitattributes': '*.pt !filter text\n' }],
  ['lines without a final line feed', { '.gitattributes': '*.txt text' }],
])('attributes that Git itself finds say what a model is: %s', async (_name, files) => {
  await using day = await lfsScene();
  for (const [path, text] of Object.entries(files)) await day.write(path, text);
  await model(day, 'models/a.pt');
  await day.write('models/b.txt', 'text');
  await day.commit('Add');
  await day.mgit('import', '--from-lfs');
  expect(await filters(day, 'models/a.pt')).toEqual({ 'models/a.pt': 'mgit unset' });
  expect((await filters(day, 'models/b.txt'))['models/b.txt']).not.toContain('mgit');
  expect(await day.mgit('status')).toContain('working tree clean');
});
