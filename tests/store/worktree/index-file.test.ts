import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MgitError } from '../../../src/base/errors.ts';
import type { ObjectId } from '../../../src/base/ids.ts';
import { nodeFileSystem } from '../../../src/base/ports/node-file-system.ts';
import {
  type IndexEntry,
  readIndex,
  withIndexLock,
  writeIndex,
} from '../../../src/store/worktree/index-file.ts';
import { formatIndex, parseIndex } from '../../../src/store/worktree/index-format.ts';
import { indexStat, isRacy, matchesStat, UNKNOWN_STAT } from '../../../src/store/worktree/index-stat.ts';
import { temporaryDirectory, testEnvironment } from '../../testkit/world.ts';

const fs = nodeFileSystem();
const BLOB = 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391' as ObjectId;
const OLD = new Date(Date.UTC(2020, 0, 1));

async function repository() {
  const directory = await temporaryDirectory();
  const env = testEnvironment(directory.path) as NodeJS.ProcessEnv;
  const path = join(directory.path, 'repo');
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: path, env, encoding: 'utf8', stdio: 'pipe' });
  mkdirSync(path);
  git('init', '-q');
  const file = (name: string, text: string): void => {
    mkdirSync(join(path, name, '..'), { recursive: true });
    writeFileSync(join(path, name), text);
    utimesSync(join(path, name), OLD, OLD);
  };
  const index = join(path, '.git/index');
  return { path, git, file, index, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

const entry = (path: string, more: Partial<IndexEntry> = {}): IndexEntry => ({
  path,
  id: BLOB,
  mode: 0o100644,
  stage: 0,
  ...UNKNOWN_STAT,
  assumeValid: false,
  skipWorktree: false,
  intentToAdd: false,
  ...more,
});

test('what git wrote is read, field by field, and what we write git reads the same', async () => {
  await using repo = await repository();
  for (const name of ['b.txt', 'a/ü 張.txt', 'a-b', 'run.sh', 'assumed', 'x'.repeat(200)])
    repo.file(name, name);
  symlinkSync('b.txt', join(repo.path, 'link'));
  repo.git('add', '.');
  repo.git('update-index', '--chmod=+x', 'run.sh');
  repo.git('update-index', '--assume-unchanged', 'assumed');
  repo.file('later', 'x');
  repo.git('add', '-N', 'later');
  const before = repo.git('ls-files', '--stage', '--debug', '-v');
  const { entries } = await readIndex(fs, repo.index);
  for (const found of entries)
    if (!found.intentToAdd)
      expect(matchesStat(found, await fs.lstat(join(repo.path, found.path))), found.path).toBe(true);
  await writeIndex(fs, repo.index, [...entries].reverse());
  expect(repo.git('ls-files', '--stage', '--debug', '-v')).toBe(before);
  expect((await readIndex(fs, repo.index)).entries).toEqual(entries);
  expect(readFileSync(repo.index).readUInt32BE(4)).toBe(3);
});

test('after our own write with right metadata git finds nothing to do', async () => {
  await using repo = await repository();
  repo.file('model.safetensors', 'tensor');
  repo.file('a/config.json', '{}');
  const entries: IndexEntry[] = [];
  for (const path of ['model.safetensors', 'a/config.json']) {
    const id = repo.git('hash-object', '-w', path).trim() as ObjectId;
    entries.push(entry(path, { id, ...indexStat(await fs.lstat(join(repo.path, path))) }));
  }
  await writeIndex(fs, repo.index, entries);
  expect(repo.git('diff-files')).toBe(''); // Raw metadata: diff-files never refreshes.
  repo.git('-c', 'user.name=A', '-c', 'user.email=a@b', 'commit', '-qm', 'x');
  expect(repo.git('status', '--porcelain')).toBe('');
  repo.git('fsck', '--strict');
});

test('conflict stages and every flag', async () => {
  await using repo = await repository();
  const entries = [
    entry('base.txt', { stage: 1 }),
    entry('base.txt', { stage: 2 }),
    entry('base.txt', { stage: 3, mode: 0o100755 }),
    entry('sparse', { skipWorktree: true }),
    entry('submodule', { mode: 0o160000 }),
  ];
  await writeIndex(fs, repo.index, entries);
  expect((await readIndex(fs, repo.index)).entries).toEqual(entries);
  expect(repo.git('ls-files', '--stage', '-t').trim().split('\n')).toEqual([
    `M 100644 ${BLOB} 1\tbase.txt`,
    `M 100644 ${BLOB} 2\tbase.txt`,
    `M 100755 ${BLOB} 3\tbase.txt`,
    `S 100644 ${BLOB} 0\tsparse`,
    `H 160000 ${BLOB} 0\tsubmodule`,
  ]);
});

test('any entries survive writing and reading', () => {
  const u32 = fc.integer({ min: 0, max: 0xffffffff });
  const path = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    .filter(text => !text.includes('\0'));
  const any = fc.record({
    path,
    id: fc.constant(BLOB),
    mode: fc.constantFrom(0o100644, 0o100755, 0o120000),
    stage: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const),
    size: u32,
    mtimeSeconds: u32,
    mtimeNanoseconds: u32,
    ctimeSeconds: u32,
    ctimeNanoseconds: u32,
    dev: u32,
    ino: u32,
    uid: u32,
    gid: u32,
    assumeValid: fc.boolean(),
    skipWorktree: fc.boolean(),
    intentToAdd: fc.boolean(),
  });
  const entries = fc.uniqueArray(any, { selector: ({ path, stage }) => `${path}\0${stage}` });
  fc.assert(
    fc.property(entries, list => {
      const sorted = [...list].sort(
        (a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)) || a.stage - b.stage,
      );
      expect(parseIndex(formatIndex(list), 'index')).toEqual(sorted);
    }),
  );
});

test('no index is an empty one; no damage goes unnoticed', async () => {
  await using repo = await repository();
  expect(await readIndex(fs, repo.index)).toEqual({ entries: [], mtimeNs: 0n });
  const whole = Buffer.from(formatIndex([entry('a'), entry('b', { skipWorktree: true })]));
  for (let at = 0; at < whole.length; at++) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    expect(() => parseIndex(damaged, 'index'), `byte ${at}`).toThrow(MgitError);
    expect(() => parseIndex(whole.subarray(0, at), 'index'), `cut at ${at}`).toThrow(MgitError);
  }
  expect(() => formatIndex([entry('a'), entry('a')])).toThrow(/twice/);
});

test('what we do not know is refused with the way out', async () => {
  await using repo = await repository();
  repo.file('a', 'a');
  repo.git('add', 'a');
  repo.git('update-index', '--index-version', '4');
  const refused = { code: 'INDEX_UNSUPPORTED', hint: 'run `git update-index --index-version 2`' };
  await expect(readIndex(fs, repo.index)).rejects.toMatchObject(refused);
  repo.git('update-index', '--index-version', '2');
  expect((await readIndex(fs, repo.index)).entries).toHaveLength(1);
  repo.git('update-index', '--split-index');
  await expect(readIndex(fs, repo.index)).rejects.toMatchObject({ code: 'INDEX_UNSUPPORTED' });
});

test("the lock is Git's own, and is gone after success and failure", async () => {
  await using repo = await repository();
  writeFileSync(`${repo.index}.lock`, '');
  await expect(writeIndex(fs, repo.index, [])).rejects.toMatchObject({ code: 'INDEX_LOCKED' });
  expect(existsSync(`${repo.index}.lock`)).toBe(true);
  await fs.removeFile(`${repo.index}.lock`);
  const gitDirectory = join(repo.path, '.git');
  await withIndexLock(fs, gitDirectory, async () => {
    repo.file('a', 'a');
    expect(() => repo.git('add', 'a')).toThrow(/index.lock/);
    return [entry('mine')];
  });
  expect(repo.git('ls-files').trim()).toBe('mine');
  await expect(
    withIndexLock(fs, gitDirectory, async () => Promise.reject(new Error('stop'))),
  ).rejects.toThrow('stop');
  await withIndexLock(fs, gitDirectory, async () => undefined);
  expect(existsSync(`${repo.index}.lock`)).toBe(false);
  expect(repo.git('ls-files').trim()).toBe('mine');
});

test('an entry as young as the index is racy, and stays suspect when the index is written again', async () => {
  await using repo = await repository();
  repo.file('a', 'one');
  repo.git('add', 'a');
  utimesSync(repo.index, OLD, OLD);
  writeFileSync(join(repo.path, 'a'), 'two');
  utimesSync(join(repo.path, 'a'), OLD, OLD);
  const [stat, index] = [await fs.lstat(join(repo.path, 'a')), await readIndex(fs, repo.index)];
  const changed = index.entries.map(found => ({ ...found, ...indexStat(stat) }));
  await writeIndex(fs, repo.index, changed);
  utimesSync(repo.index, OLD, OLD);
  const racy = await readIndex(fs, repo.index);
  expect(matchesStat(racy.entries[0] ?? entry(''), stat)).toBe(true);
  expect(isRacy(racy.entries[0] ?? entry(''), racy)).toBe(true);
  expect(repo.git('diff-files', '--name-only').trim()).toBe('a');
  await withIndexLock(fs, join(repo.path, '.git'), async ({ entries }) => [...entries, entry('b')]);
  const after = await readIndex(fs, repo.index);
  expect(after.entries[0]?.size).toBe(0);
  expect(repo.git('diff-files', '--name-only', 'a').trim()).toBe('a');
  repo.file('c', 'one');
  const calm = await readIndex(fs, repo.index);
  expect(isRacy(entry('c', indexStat(await fs.lstat(join(repo.path, 'c')))), calm)).toBe(false);
});
