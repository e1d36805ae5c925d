import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CommitId } from '../../../src/base/ids.ts';
import { type Implementation, runGit, testRepository } from './repository.ts';

/** A place for bare repositories that can be pushed to. */
export interface RemotePlace extends AsyncDisposable {
  /** Makes an empty bare repository; returns its URL. */
  createRepository(name: string): Promise<string>;
  pathOf(name: string): string;
}

const MAIN = 'refs/heads/main';

/** What transfer must do, whatever the transport. */
export function transferCases(implementation: Implementation, openPlace: () => Promise<RemotePlace>): void {
  test('refs and objects arrive, and come back in another repository, with no ref touched', async () => {
    await using place = await openPlace();
    await using repo = await testRepository(implementation);
    const url = await place.createRepository('model');
    const { history } = repo;
    expect(await history.listRemoteRefs(url)).toEqual([]);
    const one = await repo.commit('one', [], { 'a/b.txt': 'one', 'c.txt': 'same' });
    const two = await repo.commit('two', [one], { 'a/b.txt': 'two', 'c.txt': 'same' });
    const tag = await history.writeTag({ name: 'v1', target: one, message: 'v1' });
    expect(
      await history.pushRefs(url, [
        { source: two, ref: MAIN },
        { source: tag, ref: 'refs/tags/v1', expected: null },
      ]),
    ).toEqual([
      { ref: MAIN, ok: true },
      { ref: 'refs/tags/v1', ok: true },
    ]);
    expect(await history.listRemoteRefs(url)).toEqual([
      { ref: 'HEAD', id: two, symbolicTarget: MAIN },
      { ref: MAIN, id: two },
      { ref: 'refs/tags/v1', id: tag, peeled: one },
    ]);
    runGit(repo.ports, place.pathOf('model'), ['fsck', '--strict']);

    await using reader = await testRepository(implementation);
    await reader.history.fetchObjects(url, [
      { ref: MAIN, id: two },
      { ref: 'refs/tags/v1', id: tag },
    ]);
    const { tree } = await reader.history.readCommit(two);
    expect((await reader.history.listTree(tree)).map(({ path }) => path)).toEqual(['a/b.txt', 'c.txt']);
    expect((await reader.other.readCommit(two)).parents).toEqual([one]);
    expect(await reader.history.resolveCommit(tag)).toBe(one);
    expect(reader.git('for-each-ref')).toBe('');
    expect(existsSync(join(reader.path, '.git/FETCH_HEAD'))).toBe(false);
    await reader.history.updateRefs([{ ref: MAIN, target: two }], 'fetch');
    reader.git('fsck', '--strict');

    const three = await repo.commit('three', [two], { 'a/b.txt': 'three', 'c.txt': 'same' });
    await history.pushRefs(url, [{ source: three, ref: MAIN, expected: two }]);
    await reader.history.fetchObjects(url, [{ ref: MAIN, id: three }]);
    expect(await reader.history.isAncestor(one, three)).toBe(true);
    await reader.history.updateRefs([{ ref: MAIN, target: three }], 'fetch');
    reader.git('fsck', '--strict');
  });

  test('a remote by its name, with no tracking ref touched', async () => {
    await using place = await openPlace();
    await using repo = await testRepository(implementation);
    const url = await place.createRepository('model');
    await repo.history.setConfig('remote.origin.url', url.replace('model', 'short'), 'local');
    await repo.history.setConfig('remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*', 'local');
    await repo.history.setConfig(`url.${url}.insteadOf`, url.replace('model', 'short'), 'local');
    const one = await repo.commit('one');
    expect(await repo.history.pushRefs('origin', [{ source: one, ref: MAIN }])).toEqual([
      { ref: MAIN, ok: true },
    ]);
    expect((await repo.history.listRemoteRefs('origin')).map(({ ref }) => ref)).toEqual(['HEAD', MAIN]);
    await repo.history.fetchObjects('origin', [{ ref: MAIN, id: one }]);
    expect(repo.git('for-each-ref')).toBe('');
  });

  test('only fast-forwards, unless forced; leases; deletions', async () => {
    await using place = await openPlace();
    await using repo = await testRepository(implementation);
    const url = await place.createRepository('model');
    const { history } = repo;
    const one = await repo.commit('one');
    const two = await repo.commit('two', [one]);
    const aside = await repo.commit('aside', [one]);
    await history.pushRefs(url, [{ source: two, ref: MAIN }]);
    const push = async (source: CommitId | null, more: object = {}) =>
      (await history.pushRefs(url, [{ source, ref: MAIN, ...more }]))[0];
    expect(await push(two)).toMatchObject({ ok: true });
    expect(await push(aside)).toMatchObject({ ok: false, reason: expect.any(String) });
    expect(await push(aside, { expected: two })).toMatchObject({ ok: false });
    expect(await push(aside, { force: true, expected: one })).toMatchObject({
      ok: false,
      reason: 'stale info',
    });
    expect(await push(aside, { force: true, expected: null })).toMatchObject({ ok: false });
    const mixed = await history.pushRefs(url, [
      { source: aside, ref: MAIN, expected: one },
      { source: aside, ref: 'refs/heads/other', expected: null },
    ]);
    expect(mixed.map(({ ok }) => ok)).toEqual([false, true]);
    expect(await push(aside, { force: true, expected: two })).toEqual({ ref: MAIN, ok: true });
    expect(runGit(repo.ports, place.pathOf('model'), ['rev-parse', MAIN])).toBe(aside);
    const removal = { source: null, ref: 'refs/heads/other', expected: aside };
    expect(await history.pushRefs(url, [removal])).toEqual([{ ref: 'refs/heads/other', ok: true }]);
    expect((await history.listRemoteRefs(url)).map(({ ref }) => ref)).toEqual(['HEAD', MAIN]);
  });

  test("the remote's refusal is a result; the local pre-push hook is not run", async () => {
    await using place = await openPlace();
    await using repo = await testRepository(implementation);
    const url = await place.createRepository('model');
    const hook = (directory: string, name: string, body: string) => {
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, name), `#!/bin/sh\n${body}\n`);
      chmodSync(join(directory, name), 0o755);
    };
    hook(join(place.pathOf('model'), 'hooks'), 'pre-receive', 'echo not today >&2; exit 1');
    hook(join(repo.path, '.git/hooks'), 'pre-push', 'exit 1');
    const one = await repo.commit('one');
    let said = '';
    const onMessage = (text: string) => {
      said += text;
    };
    const [result] = await repo.history.pushRefs(url, [{ source: one, ref: MAIN }], { onMessage });
    expect(result).toEqual({ ref: MAIN, ok: false, reason: 'pre-receive hook declined' });
    expect(said).toContain('not today');
  });

  test('many commits and files', async () => {
    await using place = await openPlace();
    await using repo = await testRepository(implementation);
    const url = await place.createRepository('model');
    let tip: CommitId | undefined;
    for (let i = 0; i < 12; i++) {
      const files = Object.fromEntries(
        Array.from({ length: 20 }, (_, n) => [
          `d${n % 5}/f${n}`,
          `${n === i ? i : 0} ${'weights '.repeat(50 + n)}`,
        ]),
      );
      tip = await repo.commit(`c${i}`, tip ? [tip] : [], files);
    }
    const source = tip as CommitId;
    await repo.history.pushRefs(url, [{ source, ref: MAIN }]);
    runGit(repo.ports, place.pathOf('model'), ['repack', '-adfq', '--depth=20']);
    await using reader = await testRepository(implementation);
    await reader.history.fetchObjects(url, [{ ref: MAIN, id: source }]);
    await reader.history.updateRefs([{ ref: MAIN, target: source }], 'x');
    reader.git('fsck', '--strict');
    expect(reader.git('rev-list', '--count', 'main')).toBe('12');
  });

  test('what is not there', async () => {
    await using place = await openPlace();
    await using repo = await testRepository(implementation);
    const url = (await place.createRepository('model')).replace('model', 'absent');
    await expect(repo.history.listRemoteRefs(url)).rejects.toMatchObject({ code: 'REMOTE_NOT_FOUND' });
    const one = await repo.commit('one');
    await expect(repo.history.pushRefs(url, [{ source: one, ref: MAIN }])).rejects.toMatchObject({
      code: 'REMOTE_NOT_FOUND',
    });
  });
}
