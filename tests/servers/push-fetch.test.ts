import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CommitId } from '../../src/base/ids.ts';
import { fetchRemote } from '../../src/ops/transfer/fetch.ts';
import { pushRemote } from '../../src/ops/transfer/push.ts';
import type { GitServer } from '../testkit/git-server.ts';
import { type ModelRepository, noiseTensor } from '../testkit/model-repository.ts';
import { run } from '../testkit/programs.ts';
import { type RemoteScene, remoteScene } from '../testkit/remote-scene.ts';

/** Fetches as a new person; returns the bytes of a branch's model. */
async function received(world: RemoteScene, name: string, branch = 'main') {
  const person = await world.person(name);
  await fetchRemote(person);
  return person.modelBytes((await person.history.readRef(`refs/remotes/origin/${branch}`)) as CommitId);
}

const push = (repository: ModelRepository, ...refspecs: string[]) =>
  pushRemote(repository, { remote: 'origin', refspecs });

test('what is pushed arrives byte for byte, and plain git sees the manifests', async () => {
  await using world = await remoteScene();
  const alpha = await world.person('alpha');
  const commit = await alpha.commitModel('main', [noiseTensor('a', 1), noiseTensor('b', 2)]);
  const result = await push(alpha);
  expect(result.refs).toMatchObject([{ ref: 'refs/heads/main', status: 'new', old: null, new: commit }]);
  expect(result.packs.bytes).toBeGreaterThan(200_000);
  expect(Buffer.compare(await received(world, 'beta'), await alpha.modelBytes(commit))).toBe(0);
  await run('git', ['clone', '--quiet', world.url, join(world.home, 'plain')]);
  const { stdout } = await run('git', ['-C', join(world.home, 'plain'), 'show', 'HEAD:model.bin']);
  expect(stdout).toMatch(/^mgit manifest 1\n/);
});

test('nothing moves twice', async () => {
  await using world = await remoteScene();
  const alpha = await world.person('alpha');
  const base = await alpha.commitModel('main', [noiseTensor('a', 1), noiseTensor('b', 2)]);
  await push(alpha);
  expect((await push(alpha)).packs).toEqual({ ids: [], bytes: 0 });
  await alpha.commitModel('main', [noiseTensor('a', 1), noiseTensor('b', 3)], [base]);
  const { packs } = await push(alpha);
  expect(packs.bytes).toBeGreaterThan(100_000);
  expect(packs.bytes).toBeLessThan(110_000);
  const beta = await world.person('beta');
  expect((await fetchRemote(beta)).packs.ids).toHaveLength(2);
  expect((await fetchRemote(beta)).packs.ids).toHaveLength(0);
});

test('a merge goes as its recipe', async () => {
  await using world = await remoteScene();
  const alpha = await world.person('alpha');
  const input = noiseTensor('a', 1, 1_000_000);
  const base = await alpha.commitModel('main', [input]);
  await push(alpha);
  const merge = await alpha.commitRecipe('main', [base], input);
  const { packs } = await push(alpha);
  expect(packs.ids).toHaveLength(1);
  expect(packs.bytes).toBeLessThan(64 * 1024);
  expect(Buffer.compare(await received(world, 'beta'), await alpha.modelBytes(merge))).toBe(0);
});

test('a fetch brings only the packs of what is fetched', async () => {
  await using world = await remoteScene();
  const alpha = await world.person('alpha');
  await alpha.commitModel('main', [noiseTensor('a', 1)]);
  await alpha.commitModel('side', [noiseTensor('a', 2)]);
  await push(alpha, 'main', 'side');
  const beta = await world.person('beta');
  const result = await fetchRemote(beta, { refspecs: ['main'] });
  expect(result.refs).toMatchObject([{ ref: 'refs/remotes/origin/main', status: 'new' }]);
  expect(result.packs.ids).toHaveLength(1);
  expect(await beta.history.readRef('refs/remotes/origin/side')).toBeUndefined();
});

test('tags of fetched commits come along, annotated ones too', async () => {
  await using world = await remoteScene();
  const alpha = await world.person('alpha');
  const commit = await alpha.commitModel('main', [noiseTensor('a', 1)]);
  const tag = await alpha.history.writeTag({ name: 'v1', target: commit, message: 'first\n', sign: false });
  await alpha.history.updateRefs(
    [
      { ref: 'refs/tags/v1', target: tag },
      { ref: 'refs/tags/light', target: commit },
    ],
    'tag',
  );
  await pushRemote(alpha, { remote: 'origin', refspecs: ['main'], tags: true });
  const beta = await world.person('beta');
  await fetchRemote(beta);
  expect(await beta.history.readRef('refs/tags/v1')).toBe(tag);
  expect(await beta.history.readRef('refs/tags/light')).toBe(commit);
});

test('a push that is not a fast-forward is refused before anything is sent', async () => {
  await using world = await remoteScene();
  const alpha = await world.person('alpha');
  const beta = await world.person('beta');
  await alpha.commitModel('main', [noiseTensor('a', 1)]);
  await push(alpha);
  await beta.commitModel('main', [noiseTensor('a', 2)]);
  await expect(push(beta)).rejects.toMatchObject({
    code: 'PUSH_REJECTED',
    hint: expect.stringContaining('mgit pull'),
    details: { refs: [{ ref: 'refs/heads/main', status: 'rejected', reason: 'fetch first' }] },
  });
  expect(world.server.lfs.objects.size).toBe(1);
  await expect(pushRemote(beta, { remote: 'origin', safety: 'lease' })).rejects.toMatchObject({
    code: 'PUSH_REJECTED',
  });
  await fetchRemote(beta);
  const forced = await pushRemote(beta, { remote: 'origin', safety: 'lease' });
  expect(forced.refs).toMatchObject([{ status: 'forced' }]);
});

test('branches are deleted, and tracking refs with them', async () => {
  await using world = await remoteScene();
  const alpha = await world.person('alpha');
  await alpha.commitModel('main', [noiseTensor('a', 1)]);
  await push(alpha, 'main', 'main:refs/heads/side');
  expect(await alpha.history.readRef('refs/remotes/origin/side')).toBeDefined();
  expect((await push(alpha, ':side')).refs).toMatchObject([{ ref: 'refs/heads/side', status: 'deleted' }]);
  expect(await alpha.history.readRef('refs/remotes/origin/side')).toBeUndefined();
});

test('two pushers that race lose nothing', async () => {
  await using world = await remoteScene();
  const alpha = await world.person('alpha');
  const beta = await world.person('beta');
  const commits = [
    await alpha.commitModel('alpha', [noiseTensor('a', 1)]),
    await beta.commitModel('beta', [noiseTensor('a', 2)]),
  ];
  await Promise.all([push(alpha, 'alpha'), push(beta, 'beta')]);
  const gamma = await world.person('gamma');
  expect((await fetchRemote(gamma)).packs.ids).toHaveLength(2);
  expect(await gamma.history.readRef('refs/remotes/origin/alpha')).toBe(commits[0]);
  expect(await gamma.history.readRef('refs/remotes/origin/beta')).toBe(commits[1]);
  for (const commit of commits) expect((await gamma.modelBytes(commit)).length).toBeGreaterThan(100_000);
});

test('somebody else is faster between any two requests', async () => {
  await using world = await remoteScene();
  const alpha = await world.person('alpha');
  const beta = await world.person('beta');
  await alpha.commitModel('alpha', [noiseTensor('a', 1)]);
  await beta.commitModel('beta', [noiseTensor('a', 2)]);
  let raced = false;
  // Beta pushes right before Alpha's packs ref arrives: hers must be made anew on top of his.
  world.server.faults.setPlan(({ path, index }) => {
    if (path.endsWith('/git-receive-pack') && index > 0 && !raced) {
      raced = true;
      return { kind: 'before', action: async () => void (await push(beta, 'beta')) };
    }
    return undefined;
  });
  await push(alpha, 'alpha');
  expect(raced).toBe(true);
  const gamma = await world.person('gamma');
  expect((await fetchRemote(gamma)).packs.ids).toHaveLength(2);
});

test('gate reports travel both ways and are united', async () => {
  await using world = await remoteScene();
  const alpha = await world.person('alpha');
  const beta = await world.person('beta');
  await alpha.commitModel('alpha', [noiseTensor('a', 1)]);
  await beta.commitModel('beta', [noiseTensor('a', 2)]);
  const [one, two] = ['1', '2'].map(digit => `${digit.repeat(40)}/digits/1.dsse.json`) as [string, string];
  await report(alpha, one, '1');
  await report(beta, two, '2');
  await push(alpha, 'alpha');
  await push(beta, 'beta');
  expect(await reports(beta)).toEqual([one, two]);
  await fetchRemote(alpha);
  expect(await reports(alpha)).toEqual(await reports(beta));
});

async function report({ history }: ModelRepository, path: string, text: string): Promise<void> {
  const id = await history.writeBlob(Buffer.from(text));
  const tree = await history.writeTree([{ path, mode: 0o100644, id }]);
  const target = await history.writeCommit({ tree, parents: [], message: 'Report\n' });
  await history.updateRefs([{ ref: 'refs/mgit/reports', target }], 'report');
}

async function reports({ history }: ModelRepository): Promise<readonly string[]> {
  const commit = (await history.readRef('refs/mgit/reports')) as CommitId;
  return (await history.listTree((await history.readCommit(commit)).tree)).map(({ path }) => path);
}

test('a push that dies at any request is completed by the next', async () => {
  let isComplete = false;
  for (let dies = 0; !isComplete; dies++) {
    await using world = await remoteScene();
    const alpha = await world.person('alpha');
    const commit = await alpha.commitModel('main', [noiseTensor('a', 1)]);
    world.server.faults.setPlan(({ index }) => (index >= dies ? { kind: 'drop' } : undefined));
    isComplete = await push(alpha).then(
      () => true,
      error => {
        expect(error).toMatchObject({ code: 'REMOTE_UNREACHABLE' });
        return false;
      },
    );
    world.server.faults.setPlan(() => undefined);
    await namesNothingMissing(world.server);
    await push(alpha);
    expect(Buffer.compare(await received(world, 'beta'), await alpha.modelBytes(commit))).toBe(0);
    expect(dies).toBeLessThan(40);
  }
});

/** Whatever was interrupted, the remote's refs never name what it does not have. */
async function namesNothingMissing(server: GitServer): Promise<void> {
  const git = (...args: string[]) => run('git', ['-C', server.pathOf('model'), ...args]);
  const { stdout } = await git('for-each-ref', '--format=%(refname)');
  const refs = stdout.split('\n').filter(Boolean);
  if (refs.includes('refs/heads/main')) expect(refs).toContain('refs/mgit/packs');
  if (!refs.includes('refs/mgit/packs')) return;
  const pointers = await git('grep', '-h', 'oid sha256:', 'refs/mgit/packs');
  for (const line of pointers.stdout.split('\n').filter(Boolean))
    expect(server.lfs.objects.has(line.replace('oid sha256:', ''))).toBe(true);
}

test('a fetch that dies at any request is completed by the next, without starting again', async () => {
  await using world = await remoteScene();
  const alpha = await world.person('alpha');
  const commit = await alpha.commitModel('main', [noiseTensor('a', 1)]);
  await push(alpha);
  let isComplete = false;
  for (let dies = 0; !isComplete; dies++) {
    const person = await world.person(`person${dies}`);
    world.server.faults.setPlan(({ index }) => (index >= dies ? { kind: 'drop' } : undefined));
    isComplete = await fetchRemote(person).then(
      () => true,
      () => false,
    );
    if (!isComplete) expect(await person.history.listRefs('refs/remotes/')).toEqual([]);
    world.server.faults.setPlan(() => undefined);
    await fetchRemote(person);
    expect(Buffer.compare(await person.modelBytes(commit), await alpha.modelBytes(commit))).toBe(0);
    expect(dies).toBeLessThan(40);
  }
});

test('an interrupted download continues where it stopped, in the next command too', async () => {
  await using world = await remoteScene();
  const alpha = await world.person('alpha');
  await alpha.commitModel('main', [noiseTensor('a', 1, 3_000_000)]);
  await push(alpha);
  const beta = await world.person('beta');
  const isPack = ({ method, path }: { method: string; path: string }) =>
    method === 'GET' && path.includes('/objects/');
  let downloads = 0;
  world.server.faults.setPlan(request => {
    if (!isPack(request) || request.range !== null) return downloads > 0 ? { kind: 'drop' } : undefined;
    downloads++;
    return { kind: 'drop-after', bytes: 1_500_000 };
  });
  await expect(fetchRemote(beta)).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' });
  world.server.faults.setPlan(() => undefined);
  await fetchRemote(beta);
  const resumed = world.server.faults.seen.filter(isPack).at(-1)?.range ?? '';
  expect(Number(/bytes=(\d+)-/.exec(resumed)?.[1])).toBeGreaterThan(0);
});

test('a corrupted download is refused, and nothing of it enters the store', async () => {
  await using world = await remoteScene();
  const alpha = await world.person('alpha');
  await alpha.commitModel('main', [noiseTensor('a', 1, 3_000_000)]);
  await push(alpha);
  const beta = await world.person('beta');
  world.server.faults.setPlan(({ method, path }) =>
    method === 'GET' && path.includes('/objects/') ? { kind: 'corrupt' } : undefined,
  );
  await expect(fetchRemote(beta)).rejects.toMatchObject({
    code: expect.stringMatching(/^(?:PACK|TRANSFER)_CORRUPT$/),
  });
  expect(await beta.store.listPacks()).toEqual([]);
  expect(await beta.history.listRefs('refs/remotes/')).toEqual([]);
  world.server.faults.setPlan(() => undefined);
  await fetchRemote(beta);
});

test('commits that were pushed by plain git are fetched with a warning, and repaired by mgit push', async () => {
  await using world = await remoteScene();
  const alpha = await world.person('alpha');
  await alpha.commitModel('main', [noiseTensor('a', 1)]);
  await run('git', ['-C', join(world.home, 'alpha'), 'push', '--quiet', 'origin', 'main']);
  const beta = await world.person('beta');
  const codes: string[] = [];
  const result = await fetchRemote(beta, {
    onEvent: event => event.type === 'warning' && codes.push(event.code),
  });
  expect(result.unavailableExtents).toBe(2);
  expect(codes).toEqual(['PACKS_INCOMPLETE']);
  expect((await push(alpha)).refs).toMatchObject([{ status: 'up-to-date' }]);
  expect((await fetchRemote(beta)).packs.ids).toHaveLength(1);
});

test('credentials of the URL are used for Git and LFS', async () => {
  await using world = await remoteScene({ basicAuth: { username: 'alpha', password: 'engine' } });
  const alpha = await world.person('alpha', world.url.replace('//', '//alpha:engine@'));
  await alpha.commitModel('main', [noiseTensor('a', 1)]);
  await push(alpha);
  expect(world.server.lfs.objects.size).toBe(1);
});

test('a credential helper is asked, also for LFS alone', async () => {
  await using world = await remoteScene({ basicAuth: { username: 'alpha', password: 'engine' } });
  const alpha = await world.person('alpha');
  const helper = '!f() { test "$1" = get && echo username=alpha && echo password=engine; }; f';
  await alpha.history.setConfig('credential.helper', helper, 'local');
  await alpha.commitModel('main', [noiseTensor('a', 1)]);
  await push(alpha);
  expect(world.server.lfs.objects.size).toBe(1);
});

test('an extra header is sent to both', async () => {
  await using world = await remoteScene({ basicAuth: { username: 'alpha', password: 'engine' } });
  const alpha = await world.person('alpha');
  const header = `AUTHORIZATION: basic ${Buffer.from('alpha:engine').toString('base64')}`.replace(
    'basic',
    'Basic',
  );
  await alpha.history.setConfig(`http.${world.server.origin}/.extraheader`, header, 'local');
  await alpha.commitModel('main', [noiseTensor('a', 1)]);
  await push(alpha);
  expect(world.server.lfs.objects.size).toBe(1);
});

test('wrong credentials are refused', async () => {
  await using world = await remoteScene({ basicAuth: { username: 'alpha', password: 'engine' } });
  const alpha = await world.person('alpha', world.url.replace('//', '//alpha:wrong@'));
  await alpha.commitModel('main', [noiseTensor('a', 1)]);
  await expect(push(alpha)).rejects.toMatchObject({ code: 'REMOTE_AUTH' });
});
