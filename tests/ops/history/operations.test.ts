import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Ports } from '../../../src/base/ports/ports.ts';
import { readOperations, recordOperation } from '../../../src/ops/history/operations.ts';
import { createTag } from '../../../src/ops/history/tag.ts';
import { undoLast } from '../../../src/ops/history/undo.ts';
import { openRepository } from '../../../src/ops/repository.ts';
import { type Scene, scene } from '../../testkit/scene.ts';

const LOG = '.git/mgit/operations.jsonl';

async function sceneWithCommit(history: 'embedded' | 'system' = 'embedded'): Promise<Scene> {
  const home = await scene(history);
  await home.write('a.txt', 'one\n');
  await home.mgit('add', '.');
  await home.mgit('commit', '-m', 'first');
  return home;
}

test.for(['embedded', 'system'] as const)(
  'an operation records what it moved, not what others moved meanwhile (%s)',
  async history => {
    await using home = await sceneWithCommit(history);
    const repository = await openRepository(home.ports, home.path);
    await using _closing = repository;
    const commit = await repository.history.resolveCommit('HEAD');
    const kind = { command: 'test', files: 'kept' } as const;
    await recordOperation(repository, kind, async recorded => {
      await home.git('branch', 'of-somebody-else');
      await home.git('tag', 'another');
      const update = { ref: 'refs/heads/own', target: commit, expected: null };
      await recorded.history.updateRefs([update], 'test');
    });
    const operation = (await readOperations(repository)).at(-1);
    expect(operation?.refs).toEqual([{ ref: 'refs/heads/own', old: null, new: commit }]);
    expect(operation?.head).toEqual({
      before: { branch: 'refs/heads/main' },
      after: { branch: 'refs/heads/main' },
    });
    await undoLast(repository);
    const left = (await repository.history.listRefs('refs/')).map(({ ref }) => ref);
    expect(left).toEqual(['refs/heads/main', 'refs/heads/of-somebody-else', 'refs/tags/another']);
  },
);

test('a ref that is moved whatever it was is recorded with what it was', async () => {
  await using home = await sceneWithCommit();
  await home.mgit('branch', 'other');
  await home.write('a.txt', 'two\n');
  await home.mgit('commit', '-am', 'second');
  const repository = await openRepository(home.ports, home.path);
  await using _closing = repository;
  const [first, second] = await Promise.all(
    ['HEAD~1', 'HEAD'].map(name => repository.history.resolveCommit(name)),
  );
  if (!first || !second) throw new Error('no commits');
  await recordOperation(repository, { command: 'test', files: 'kept' }, recorded =>
    recorded.history.updateRefs([{ ref: 'refs/heads/other', target: second }], 'test'),
  );
  expect((await readOperations(repository)).at(-1)?.refs).toEqual([
    { ref: 'refs/heads/other', old: first, new: second },
  ]);
});

test('an operation that fails half way is recorded as far as it went', async () => {
  await using home = await sceneWithCommit();
  const repository = await openRepository(home.ports, home.path);
  await using _closing = repository;
  const commit = await repository.history.resolveCommit('HEAD');
  const failing = recordOperation(repository, { command: 'test', files: 'kept' }, async recorded => {
    await recorded.history.updateRefs([{ ref: 'refs/heads/own', target: commit, expected: null }], 'test');
    throw new Error('no further');
  });
  await expect(failing).rejects.toThrow('no further');
  expect((await readOperations(repository)).at(-1)?.refs).toHaveLength(1);
});

test('a line that a crash cut off is passed over, and ended by the next', async () => {
  await using home = await sceneWithCommit();
  await appendFile(join(home.path, LOG), '\n{"id":"torn","comma');
  await home.mgit('tag', 'v1');
  await home.mgit('undo');
  expect(await home.mgit('tag')).toBe('');
  await home.mgit('undo');
  expect((await home.attempt('rev-parse', 'HEAD')).exitCode).not.toBe(0);
});

test('a line that is no operation is an error that names the way out, and only for undo', async () => {
  await using home = await sceneWithCommit();
  await appendFile(join(home.path, LOG), '\n{"id":"x"}\n');
  await home.mgit('tag', 'v1');
  expect((await home.attempt('undo')).stderr).toContain('error[OPERATIONS_CORRUPT]');
});

test('numbers of early versions count as ids', async () => {
  await using home = await sceneWithCommit();
  await home.mgit('tag', 'v1');
  const path = join(home.path, LOG);
  const lines = (await readFile(path, 'utf8')).split('\n').filter(line => line !== '');
  const numbered = lines.map((line, at) => JSON.stringify({ ...JSON.parse(line), id: at + 1 }));
  const undone = { ...JSON.parse(lines.at(-1) ?? ''), id: lines.length + 1, undoes: lines.length };
  await writeFile(path, `${[...numbered, JSON.stringify(undone)].join('\n')}\n`);
  await home.mgit('tag', '-d', 'v1');
  await home.mgit('undo');
  await home.mgit('tag', '-d', 'v1'); // The first undo brought it back; the tag's own operation is undone already.
  await home.mgit('undo');
  expect(await home.mgit('tag')).toBe('v1');
});

test('many writers at once lose no operation', async () => {
  await using home = await sceneWithCommit();
  const names = Array.from({ length: 24 }, (_, at) => `tag-${at}`);
  await Promise.all(
    names.map(async name => {
      const repository = await openRepository(home.ports, home.path);
      await using _closing = repository;
      await createTag(repository, { name, revision: 'HEAD' });
    }),
  );
  const repository = await openRepository(home.ports, home.path);
  await using _closing = repository;
  const operations = await readOperations(repository);
  expect(operations.map(({ command }) => command.replace('tag ', '')).sort()).toEqual(
    ['commit: first', ...names].sort(),
  );
  expect(new Set(operations.map(({ id }) => id)).size).toBe(operations.length);
});

test('recording reads nothing of the log, however long it is', async () => {
  await using home = await sceneWithCommit();
  const { fs } = home.ports;
  const refused = (path: string): void => {
    if (path.endsWith('operations.jsonl')) throw new Error(`${path} is read`);
  };
  const ports: Ports = {
    ...home.ports,
    fs: {
      ...fs,
      readFile: async path => {
        refused(path);
        return fs.readFile(path);
      },
      open: async (path, mode, permissions) => {
        if (mode !== 'append') refused(path);
        return fs.open(path, mode, permissions);
      },
    },
  };
  const repository = await openRepository(ports, home.path);
  await using _closing = repository;
  await createTag(repository, { name: 'v1', revision: 'HEAD' });
  expect(await home.mgit('tag')).toBe('v1');
});
