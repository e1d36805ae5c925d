import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Digest } from '../../src/base/ids.ts';
import { openRepository } from '../../src/ops/repository.ts';
import type { FrozenExpectations } from '../testkit/frozen/freeze.ts';
import { kernelDigests } from '../testkit/frozen/kernel-digests.ts';
import { git } from '../testkit/git.ts';
import { collect, listOf } from '../testkit/stores.ts';
import { runMgit, temporaryDirectory, testPorts } from '../testkit/world.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures');
const VERSIONS = readdirSync(FIXTURES).filter(name => name.startsWith('format-'));

/** A frozen repository as a released version left it, with the empty folders that Git keeps no files for. */
async function thawed(version: string, history: 'system' | 'embedded') {
  const home = await temporaryDirectory();
  const path = join(home.path, 'repository.git');
  await cp(join(FIXTURES, version, 'repository.git'), path, { recursive: true });
  await mkdir(join(path, 'refs'));
  const standard = testPorts(home.path);
  const ports = { ...standard, env: { ...standard.env, MGIT_HISTORY: history } };
  const expected = JSON.parse(
    readFileSync(join(FIXTURES, version, 'expected.json'), 'utf8'),
  ) as FrozenExpectations;
  return { ...home, ports, path, expected };
}

describe.each(VERSIONS)('%s', version => {
  test.each(['system', 'embedded'] as const)('is read by this version, with %s history', async history => {
    await using frozen = await thawed(version, history);
    await git(frozen.ports, frozen.path, 'fsck', '--strict');
    await using repository = await openRepository(frozen.ports, frozen.path);
    expect(await listOf(repository.store.verify())).toEqual([]);
    for (const [digest, kind] of Object.entries(frozen.expected.extents)) {
      if (kind === 'empty') continue;
      expect((await repository.store.describe(digest as Digest))?.kind, digest).toBe(kind);
      const bytes = await collect(repository.store.read(digest as Digest));
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(digest);
    }
    for (const [branch, digest] of Object.entries(frozen.expected.files)) {
      const output = join(frozen.path, '..', `${branch}.safetensors`);
      const run = await runMgit(
        frozen.ports,
        frozen.path,
        'cat',
        `${branch}:model.safetensors`,
        '-o',
        output,
      );
      expect(run.stderr).toBe('');
      expect(createHash('sha256').update(readFileSync(output)).digest('hex'), branch).toBe(digest);
    }
  });

  test('its kernels compute the same bits', async () => {
    expect(await kernelDigests()).toMatchObject(frozenKernels(version));
  });
});

/** With UPDATE=1, digests of new kernels are added to the latest fixture; those that it has stay as they are. */
test('every kernel is frozen', async () => {
  const latest = VERSIONS.at(-1) ?? '';
  const frozen = frozenKernels(latest);
  const digests = { ...(await kernelDigests()), ...frozen };
  if (process.env.UPDATE)
    writeFileSync(join(FIXTURES, latest, 'kernels.json'), `${JSON.stringify(digests, null, 2)}\n`);
  expect(Object.keys(digests).filter(name => !(name in frozen) && !process.env.UPDATE)).toEqual([]);
});

function frozenKernels(version: string): Record<string, string> {
  return JSON.parse(readFileSync(join(FIXTURES, version, 'kernels.json'), 'utf8'));
}

test('every kind of record is frozen', () => {
  const kinds = VERSIONS.flatMap(version => {
    const text = readFileSync(join(FIXTURES, version, 'expected.json'), 'utf8');
    return Object.values((JSON.parse(text) as FrozenExpectations).extents);
  });
  expect([...new Set(kinds)].sort()).toEqual(
    ['empty', 'ia3', 'lowRank', 'planes', 'raw', 'recipe', 'sparse', 'xor'].sort(),
  );
});
