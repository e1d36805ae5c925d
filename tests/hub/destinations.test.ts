import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { destinationOf } from '../../src/hub/destinations.ts';
import type { Publication } from '../../src/hub/publication.ts';
import { startHubServer } from '../testkit/hub-server.ts';
import { temporaryDirectory, testEnvironment, testPorts } from '../testkit/world.ts';

function publication(folder: string): Publication {
  const contents = { 'README.md': Buffer.from('# card\n'), 'model.safetensors': Buffer.alloc(100_000, 7) };
  const files = Object.entries(contents).map(([path, bytes]) => {
    writeFileSync(join(folder, path), bytes);
    return {
      path,
      source: join(folder, path),
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    };
  });
  return { title: 'Publish v1', description: '', files };
}

function hubPorts(home: string, url: string, token = 'hf_secret') {
  return testPorts(home, { env: { ...testEnvironment(home), HF_ENDPOINT: url, HF_TOKEN: token } });
}

test('a hub repository is created and holds the files, weights through LFS', async () => {
  await using home = await temporaryDirectory();
  await using hub = await startHubServer('hf_secret');
  const result = await destinationOf('hf://org/digits', '/').publish(publication(home.path), {
    ports: hubPorts(home.path, hub.url),
  });
  expect(result.url).toBe(`${hub.url}/org/digits`);
  const files = hub.repositories.get('org/digits');
  expect(files?.get('README.md')?.toString()).toBe('# card\n');
  expect(files?.get('model.safetensors')).toEqual(Buffer.alloc(100_000, 7));
  expect(hub.requests.filter(line => line.startsWith('PUT /upload/'))).toHaveLength(1);
});

test('publishing again reuses the repository and uploads no weights', async () => {
  await using home = await temporaryDirectory();
  await using hub = await startHubServer('hf_secret');
  const ports = hubPorts(home.path, hub.url);
  await destinationOf('hf://org/digits', '/').publish(publication(home.path), { ports });
  await destinationOf('hf://org/digits', '/').publish(publication(home.path), { ports });
  expect(hub.requests.filter(line => line.startsWith('PUT /upload/'))).toHaveLength(1);
});

test.each([/^POST .*preupload/, /^PUT \/upload/, /commit\/main$/])(
  'an overloaded server at %s is asked again',
  async pattern => {
    await using home = await temporaryDirectory();
    await using hub = await startHubServer('hf_secret');
    hub.failNext(pattern, 503, 2);
    await destinationOf('hf://org/digits', '/').publish(publication(home.path), {
      ports: hubPorts(home.path, hub.url),
    });
    expect(hub.repositories.get('org/digits')?.size).toBe(2);
  },
);

test('a wrong token is refused with a hint', async () => {
  await using home = await temporaryDirectory();
  await using hub = await startHubServer('hf_secret');
  const publishing = destinationOf('hf://org/digits', '/').publish(publication(home.path), {
    ports: hubPorts(home.path, hub.url, 'hf_wrong'),
  });
  await expect(publishing).rejects.toMatchObject({
    code: 'HUB_REFUSED',
    hint: 'the token needs write access to this repository',
  });
});

test('without a token nothing is sent', async () => {
  await using home = await temporaryDirectory();
  const publishing = destinationOf('hf://org/digits', '/').publish(publication(home.path), {
    ports: testPorts(home.path),
  });
  await expect(publishing).rejects.toMatchObject({ code: 'HUB_TOKEN_MISSING' });
});

test('a directory receives the files; another publication may replace them, foreign content may not be there', async () => {
  await using home = await temporaryDirectory();
  const [ports, target] = [testPorts(home.path), join(home.path, 'out')];
  await destinationOf('out', home.path).publish(publication(home.path), { ports });
  await destinationOf('out', home.path).publish(publication(home.path), { ports });
  expect(readFileSync(join(target, 'model.safetensors'))).toEqual(Buffer.alloc(100_000, 7));
  writeFileSync(join(target, 'thesis.tex'), '');
  await expect(destinationOf(target, '/').publish(publication(home.path), { ports })).rejects.toMatchObject({
    code: 'PUBLISH_TARGET_NOT_EMPTY',
  });
});

test('an unknown scheme and a name without an owner are refused', () => {
  expect(() => destinationOf('ftp://x', '/')).toThrowError(
    expect.objectContaining({ code: 'PUBLISH_TARGET_INVALID' }),
  );
  expect(() => destinationOf('hf://digits', '/')).toThrowError(
    expect.objectContaining({ code: 'PUBLISH_TARGET_INVALID' }),
  );
});
