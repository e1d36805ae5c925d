import { describe, expect, test } from 'vitest';
import { lfsBackend } from '../../../src/remote/backends/lfs/lfs.ts';
import { httpClient } from '../../../src/remote/http/client.ts';
import { basicAuthorization, type HttpCredentials } from '../../../src/remote/http/credentials.ts';
import { fakeFetch } from '../../testkit/fake-fetch.ts';
import { withFaults } from '../../testkit/http-faults.ts';
import { type LfsEndpointOptions, lfsEndpoint } from '../../testkit/lfs-endpoint.ts';
import { outgoingPack } from '../../testkit/outgoing-packs.ts';
import { fixedClock, temporaryDirectory, testPorts } from '../../testkit/world.ts';
import { backendContract, collect } from './contract.ts';

/** For servers that want none. */
const anonymous: HttpCredentials = {
  known: async () => ({}),
  ask: async () => undefined,
  judge: async () => {},
};

interface Setup extends LfsEndpointOptions {
  readonly credentials?: HttpCredentials;
}

function setup(root: string, options: Setup = {}) {
  const endpoint = lfsEndpoint(options);
  const server = withFaults(endpoint.handle);
  const waits: number[] = [];
  const clock = { ...fixedClock(), sleep: async (time: number) => void waits.push(time) };
  const ports = testPorts(root, { fetch: fakeFetch(server.handle), clock });
  const http = httpClient(ports, options.credentials ?? anonymous);
  const findEndpoint = async () => ({ url: 'https://host.example/a.git/info/lfs', headers: {} });
  return {
    endpoint,
    server,
    waits,
    backend: lfsBackend({ ports, http, findEndpoint, location: 'host.example' }),
  };
}

async function scene(options: Setup = {}) {
  const home = await temporaryDirectory();
  const packs = [await outgoingPack(home.path, 1, 300_000), await outgoingPack(home.path, 2, 10)] as const;
  return { ...setup(home.path, options), packs, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
}

const isPut = (request: { readonly method: string }) => request.method === 'PUT';
const isGet = (request: { readonly method: string }) => request.method === 'GET';

describe('lfs backend', () => {
  backendContract(async root => {
    const { backend, endpoint } = setup(root);
    return {
      backend,
      damage: async ({ pointer }) => {
        const bytes = endpoint.objects.get(pointer.oid);
        if (bytes) bytes[100] = (bytes[100] ?? 0) ^ 1;
      },
    };
  });

  test('what was uploaded is verified', async () => {
    await using world = await scene();
    await world.backend.save(world.packs);
    expect([...world.endpoint.verified].sort()).toEqual(world.packs.map(pack => pack.pointer.oid).sort());
  });

  test('one request per object where the server has it: none', async () => {
    await using world = await scene();
    await world.backend.save(world.packs);
    world.server.setPlan(() => undefined);
    await world.backend.save(world.packs);
    expect(world.server.seen.map(request => request.path)).toEqual(['/a.git/info/lfs/objects/batch']);
  });

  test.each(['drop', 'drop-answer'] as const)('any single request may fail by %s', async kind => {
    for (let index = 0; index < 5; index++) {
      await using world = await scene();
      world.server.setPlan(request => (request.index === index ? { kind } : undefined));
      await world.backend.save(world.packs);
      expect(world.endpoint.objects.size).toBe(2);
      expect(world.waits).toHaveLength(1);
    }
  });

  test('a busy server is given the time it asks for', async () => {
    await using world = await scene();
    world.server.setPlan(request =>
      request.index === 0 ? { kind: 'status', status: 429, headers: { 'retry-after': '7' } } : undefined,
    );
    await world.backend.save(world.packs);
    expect(world.waits).toEqual([7000]);
  });

  test('delays grow, and there is an end to them', async () => {
    await using world = await scene();
    world.server.setPlan(() => ({ kind: 'status', status: 503 }));
    await expect(world.backend.save(world.packs)).rejects.toMatchObject({ code: 'REMOTE_UNREACHABLE' });
    expect(world.waits).toHaveLength(5);
    expect(world.waits.map(time => Math.floor(Math.log2(time / 250)))).toEqual([0, 1, 2, 3, 4]);
  });

  test('a batch that is too large is halved', async () => {
    await using world = await scene({ largestBatch: 1 });
    await world.backend.save(world.packs);
    expect(await world.backend.has(world.packs.map(pack => pack.pointer))).toHaveLength(2);
  });

  test('a download that breaks off goes on where it stopped', async () => {
    await using world = await scene();
    const [large] = world.packs;
    await world.backend.save(world.packs);
    world.server.setPlan(request =>
      isGet(request) && request.range === null ? { kind: 'drop-after', bytes: 1000 } : undefined,
    );
    expect((await collect(world.backend.load(large.pointer))).length).toBe(300_000);
    expect(world.server.seen.filter(isGet).map(request => request.range)).toEqual([
      null,
      'bytes=1000-299999',
    ]);
  });

  test('a server that ignores ranges is put up with', async () => {
    await using world = await scene();
    const [large] = world.packs;
    await world.backend.save(world.packs);
    const whole = await collect(world.backend.load(large.pointer));
    world.server.setPlan(request => (isGet(request) ? { kind: 'ignore-range' } : undefined));
    const part = await collect(world.backend.load(large.pointer, { offset: 1234, length: 5678 }));
    expect(Buffer.compare(part, whole.subarray(1234, 1234 + 5678))).toBe(0);
  });

  test('an upload that the server refuses says why', async () => {
    await using world = await scene();
    world.server.setPlan(request => (isPut(request) ? { kind: 'status', status: 507 } : undefined));
    await expect(world.backend.save(world.packs)).rejects.toMatchObject({
      code: 'TRANSFER_REFUSED',
      hint: expect.stringContaining('quota'),
    });
  });

  test('no server at that address is said so', async () => {
    await using world = await scene();
    world.server.setPlan(() => ({ kind: 'status', status: 404 }));
    await expect(world.backend.save(world.packs)).rejects.toMatchObject({ code: 'REMOTE_NOT_FOUND' });
  });

  test('an answer from something else is not believed', async () => {
    await using world = await scene();
    world.server.setPlan(() => ({ kind: 'status', status: 200 }));
    await expect(world.backend.save(world.packs)).rejects.toMatchObject({ code: 'LFS_PROTOCOL' });
  });
});

describe('credentials', () => {
  const basicAuth = { username: 'alpha', password: 'engine' };
  const asking = (password: string, verdicts: boolean[]): HttpCredentials => ({
    ...anonymous,
    ask: async () => ({ authorization: basicAuthorization('alpha', password) }),
    judge: async (_, accepted) => void verdicts.push(accepted),
  });

  test('are asked for after a 401, for transfers too', async () => {
    const verdicts: boolean[] = [];
    await using world = await scene({ basicAuth, credentials: asking('engine', verdicts) });
    await world.backend.save(world.packs);
    expect(world.endpoint.objects.size).toBe(2);
    expect(new Set(verdicts)).toEqual(new Set([true]));
  });

  test('give way to those of an action', async () => {
    await using world = await scene({ basicAuth, tokens: true, credentials: asking('engine', []) });
    await world.backend.save(world.packs);
    expect((await collect(world.backend.load(world.packs[1].pointer))).length).toBe(10);
  });

  test('that are wrong are rejected', async () => {
    const verdicts: boolean[] = [];
    await using world = await scene({ basicAuth, credentials: asking('wrong', verdicts) });
    await expect(world.backend.save(world.packs)).rejects.toMatchObject({ code: 'REMOTE_AUTH' });
    expect(verdicts).toEqual([false]);
  });

  test('that are missing are named', async () => {
    await using world = await scene({ basicAuth });
    await expect(world.backend.save(world.packs)).rejects.toMatchObject({ code: 'REMOTE_AUTH' });
  });
});
