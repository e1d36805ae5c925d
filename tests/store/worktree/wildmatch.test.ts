import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { attributesFrom } from '../../../src/store/worktree/attributes.ts';
import { type IgnoreRules, ignoreRules } from '../../../src/store/worktree/ignore-rules.ts';
import { parentsOf } from '../../../src/store/worktree/index-edit.ts';
import { wildmatch } from '../../../src/store/worktree/wildmatch.ts';
import { readText } from '../../../src/store/worktree/work-tree.ts';
import { git, gitWithInput } from '../../testkit/git.ts';
import { temporaryDirectory, testPorts } from '../../testkit/world.ts';

const PATTERNS = [
  '*.safetensors',
  'model.*',
  '/model.bin',
  'a/*.bin',
  'a/**',
  '**/b',
  'a/**/c',
  '**',
  '*',
  '?.bin',
  '[ab].bin',
  '[!ab].bin',
  '[^a-c].bin',
  '[[:digit:]].bin',
  '[[:alpha:][:digit:]]x',
  '\\*.bin',
  'a\\?b',
  '[]x]',
  '[a',
  '***/c',
  'a**c',
  'weights/',
  'é.bin',
  '?.é',
  'x?y',
  'a/b',
  'b/c',
  '*/c',
  '/*/*',
  '[a/b]',
  '**.bin',
  'a/**b',
  '[z-a]',
  '[\\]]',
  '[a-]',
  'A.BIN',
  '[[:nope:]]',
  '[[:upper:]]*',
  '/**/c',
  'a/',
  'sub/*.x',
  '*.x',
  'deep/**/x.y',
  'trailing\\',
  'a[',
  '{a,b}.bin',
];
const PATHS = [
  'model.safetensors',
  'a/model.safetensors',
  'model.bin',
  'sub/model.bin',
  'a/x.bin',
  'a/b/x.bin',
  'b',
  'a/b',
  'a/b/c',
  'a/c',
  'a/x/y/c',
  'c',
  'a.bin',
  'b.bin',
  'd.bin',
  '1.bin',
  'zx',
  '1x',
  '*.bin',
  'a?b',
  ']',
  'x',
  'abc',
  'aXc',
  'weights',
  'weights/x',
  'é.bin',
  'ab.é',
  'x.é',
  'x/y',
  'xzy',
  'b/c',
  'z/b/c',
  'z/c',
  'p/q',
  '.bin',
  'a.b.bin',
  'a/zb',
  '-',
  'A.BIN',
  'Zed',
  'sub/deep/x.y',
  'deep/x.y',
  'deep/er/x.y',
  'sub/f.x',
  'sub/g/f.x',
  '[a',
  'a[',
  '{a,b}.bin',
  'trailing',
  'trailing\\',
];

test('patterns match in .gitattributes as git check-attr says', async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path);
  await git(ports, home.path, 'init', '-q');
  const quoted = (pattern: string): string => `"${pattern.replaceAll('\\', '\\\\')}"`;
  const lines = PATTERNS.map((pattern, index) => `${quoted(pattern)} p${index}`);
  const nested = PATTERNS.map((pattern, index) => `${quoted(pattern)} s${index}`);
  await writeFile(join(home.path, '.gitattributes'), `${lines.join('\n')}\n`);
  await mkdir(join(home.path, 'sub'));
  await writeFile(join(home.path, 'sub/.gitattributes'), `${nested.join('\n')}\n`);
  const attributes = attributesFrom({
    read: folder => readText(ports, `${home.path}/${folder}.gitattributes`),
    below: [],
    info: undefined,
    ignoreCase: false,
  });
  const expected = await checkAttributes(ports, home.path, PATHS, ['-a']);
  for (const path of PATHS) {
    const found = [...(await attributes.of(path)).keys()].filter(name => /^[ps]\d+$/.test(name)).sort();
    const names = [...(expected.get(path)?.keys() ?? [])].filter(name => /^[ps]\d+$/.test(name)).sort();
    expect({ path, found: found.map(explain) }).toEqual({ path, found: names.map(explain) });
  }
});

const explain = (name: string): string => `${name} ${PATTERNS[Number(name.slice(1))]}`;

test('states, macros, precedence and info/attributes are as git check-attr says', async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path);
  await git(ports, home.path, 'init', '-q');
  const files: Record<string, string> = {
    '.gitattributes': [
      '# comment',
      '[attr]model filter=mgit diff=mgit merge=mgit -text',
      '*.safetensors model',
      '*.bin filter=mgit text',
      '  *.bin -filter',
      'blob.dat binary',
      'off.safetensors !model !filter -diff',
      'twice.bin filter=a filter=b',
      '"with space.bin" filter=mgit',
      '"tab\\there" spaced',
      '!negative.bin forbidden',
      '*.txt text eol=lf\r',
      `${'x'.repeat(3000)} toolong`,
    ].join('\n'),
    'sub/.gitattributes': '*.safetensors -filter\n[attr]submacro weird\nx.bin submacro\n',
    'sub/deeper/.gitattributes': 'm.safetensors filter=other\n/anchored.bin anchored\n',
    '.git/info/attributes': 'info.safetensors !filter\nsub/info.bin filter=lfs\n',
    'home-attributes': '*.bin user=chosen filter=user\n*.odd oddly\n',
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(home.path, name)), { recursive: true });
    await writeFile(join(home.path, name), text);
  }
  await git(ports, home.path, 'config', 'core.attributesFile', join(home.path, 'home-attributes'));
  const attributes = attributesFrom({
    read: folder => readText(ports, `${home.path}/${folder}.gitattributes`),
    below: [files['home-attributes'] ?? ''],
    info: files['.git/info/attributes'],
    ignoreCase: false,
  });
  const paths = [
    'm.safetensors',
    'a.bin',
    'blob.dat',
    'off.safetensors',
    'twice.bin',
    'with space.bin',
    'tab\there',
    'negative.bin',
    'x.txt',
    'sub/m.safetensors',
    'sub/x.bin',
    'sub/deeper/m.safetensors',
    'sub/deeper/anchored.bin',
    'sub/deeper/er/anchored.bin',
    'info.safetensors',
    'sub/info.bin',
    'a.odd',
    '!negative.bin',
  ];
  const expected = await checkAttributes(ports, home.path, paths, ['-a']);
  for (const path of paths) {
    const found = Object.fromEntries([...(await attributes.of(path))].sort());
    expect({ path, found }).toEqual({
      path,
      found: Object.fromEntries([...(expected.get(path) ?? [])].sort()),
    });
  }
});

async function checkAttributes(
  ports: Parameters<typeof git>[0],
  cwd: string,
  paths: readonly string[],
  args: readonly string[],
): Promise<Map<string, Map<string, string | boolean>>> {
  const output = await gitWithInput(ports, cwd, paths.join('\0'), 'check-attr', '--stdin', '-z', ...args);
  const fields = output.split('\0');
  const result = new Map<string, Map<string, string | boolean>>();
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [path = '', name = '', value = ''] = fields.slice(at, at + 3);
    const states = result.get(path) ?? new Map<string, string | boolean>();
    result.set(path, states);
    states.set(name, value === 'set' ? true : value === 'unset' ? false : value);
  }
  return result;
}

test('ignore rules are as git check-ignore says', async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path);
  await git(ports, home.path, 'init', '-q');
  const files: Record<string, string> = {
    '.gitignore': [
      '# comment',
      '*.log',
      '!keep.log',
      'build/',
      '/only-root',
      'docs/**/*.tmp',
      '!build/inside',
      'trailing   ',
      'quoted\\ ',
      '\\#hash',
      '\\!bang',
      'dir/sub',
      '*.ckpt\r',
      '[Tt]humbs',
      'nested/',
      '!nested/again/',
      '**/cache/**',
      'a\\',
    ].join('\n'),
    'sub/.gitignore': '!*.log\n/local\nx/\n',
    'sub/deeper/.gitignore': '*.log\n',
    '.git/info/exclude': 'excluded\n!mine.user\n*.log.keep\n',
    'user-ignore': '*.user\n',
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(home.path, name)), { recursive: true });
    await writeFile(join(home.path, name), text);
  }
  await git(ports, home.path, 'config', 'core.excludesFile', join(home.path, 'user-ignore'));
  const paths = [
    'a.log',
    'keep.log',
    'build/inside',
    'build/x/y',
    'x/build/z',
    'only-root',
    'x/only-root',
    'docs/a.tmp',
    'docs/p/q/a.tmp',
    'trailing',
    'quoted ',
    'quoted',
    '#hash',
    '!bang',
    'dir/sub',
    'x/dir/sub',
    'm.ckpt',
    'Thumbs',
    'thumbs',
    'nested/again/x',
    'cache/x',
    'p/cache/q/r',
    'sub/a.log',
    'sub/local',
    'sub/q/local',
    'sub/x/file',
    'sub/deeper/a.log',
    'excluded',
    'p/excluded',
    'a.user',
    'mine.user',
    'a.log.keep',
    'plain',
    'sub/plain',
  ];
  const output = await gitWithInput(
    ports,
    home.path,
    paths.join('\0'),
    'check-ignore',
    '--stdin',
    '-z',
    '--no-index',
  );
  const ignored = new Set(output.split('\0').filter(path => path !== ''));
  const base = ignoreRules([files['user-ignore'] ?? '', files['.git/info/exclude'] ?? ''], false);
  const found = paths.filter(path => isIgnored(base, files, path));
  expect(found).toEqual(paths.filter(path => ignored.has(path)));
});

function isIgnored(base: IgnoreRules, files: Readonly<Record<string, string>>, path: string): boolean {
  let rules = base.enter('', files['.gitignore']);
  for (const parent of parentsOf(path)) {
    if (rules.ignores(parent, true)) return true;
    rules = rules.enter(`${parent}/`, files[`${parent}/.gitignore`]);
  }
  return rules.ignores(path, false);
}

test('case is ignored where the file system ignores it', () => {
  expect(wildmatch('*.BIN', true)('a.bin')).toBe(true);
  expect(wildmatch('*.BIN')('a.bin')).toBe(false);
});

test('a hostile pattern costs no more than its length allows', () => {
  expect(wildmatch('*a*a*a*a*b')(`${'a'.repeat(200)}`)).toBe(false);
});
