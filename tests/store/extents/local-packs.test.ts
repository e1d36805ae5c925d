import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Digest } from '../../../src/base/ids.ts';
import type { FileSystem } from '../../../src/base/ports/file-system.ts';
import { nodeFileSystem } from '../../../src/base/ports/node-file-system.ts';
import { type LocalPacks, localPacks } from '../../../src/store/extents/local-packs.ts';
import { recordOf } from '../../../src/store/extents/locate.ts';
import { multiPackCache } from '../../../src/store/extents/multi-pack-cache.ts';
import { type OpenPack, openPackFile } from '../../../src/store/packs/open-pack.ts';
import { digestOf } from '../../testkit/layouts.ts';
import { writeTinyPack } from '../../testkit/tiny-packs.ts';
import { temporaryDirectory } from '../../testkit/world.ts';

/** Some in the packs, some not. */
const DIGESTS = Array.from({ length: 60 }, (_, at) => digestOf(`extent ${at}`));
const CACHE = 'multi-pack-index';

let temporaries = 0;

function open(home: string, fs: FileSystem = nodeFileSystem()): LocalPacks {
  const temporary = (): string => join(home, 'tmp', `${temporaries++}`);
  const cache = multiPackCache({ fs, path: join(home, CACHE), temporary });
  return localPacks({ fs, directory: join(home, 'packs'), cache });
}

/** What every pack says, asked one after the other. */
async function searched(home: string): Promise<readonly (string | undefined)[]> {
  const packs: OpenPack[] = [];
  for (const name of (await readdir(join(home, 'packs'))).sort())
    packs.push(await openPackFile(nodeFileSystem(), join(home, 'packs', name)));
  for (const { file } of packs) await file.close();
  return DIGESTS.map(digest => {
    const entries = packs.map(pack => ({ pack, entry: pack.index.find(digest) }));
    return described(
      recordOf(
        digest,
        entries.flatMap(({ pack, entry }) => (entry ? [{ pack, entry }] : [])),
      ),
    );
  });
}

/** Which of several packs that hold an extent is taken does not matter. */
function described(record: ReturnType<typeof recordOf>): string | undefined {
  return (
    record && `${record.digest} ${record.length} ${record.segments.map(({ from, to }) => `${from}-${to}`)}`
  );
}

async function expectPlain(home: string, packs: LocalPacks): Promise<void> {
  const lookup = packs.lookup();
  const records = await Promise.all(DIGESTS.map(lookup));
  expect(records.map(described)).toEqual(await searched(home));
  const there = await readdir(join(home, 'packs'));
  for (const { pack, entry } of records.flatMap(record => record?.segments ?? [])) {
    expect(pack.index.find(entry.digest)).toEqual(entry);
    expect(there).toContain(`${pack.id}.pack`);
  }
}

async function fill(home: string, packs: number): Promise<void> {
  for (let at = 0; at < packs; at++)
    await writeTinyPack(
      join(home, 'packs'),
      [0, 7, 19].map(step => DIGESTS[(at + step) % 50] as Digest),
    );
}

/** Packs come and go, and the cache is damaged in every way. */
type Step =
  | { readonly kind: 'add'; readonly digests: readonly number[] }
  | { readonly kind: 'remove'; readonly at: number }
  | { readonly kind: 'flip'; readonly at: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'lose' };

const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('add' as const),
    digests: fc.array(fc.nat(DIGESTS.length - 1), { minLength: 1, maxLength: 8 }),
  }),
  fc.record({ kind: fc.constantFrom('remove' as const, 'flip' as const, 'cut' as const), at: share }),
  fc.record({ kind: fc.constant('lose' as const) }),
);

async function take(home: string, step: Step): Promise<void> {
  const cache = join(home, CACHE);
  if (step.kind === 'add')
    await writeTinyPack(
      join(home, 'packs'),
      step.digests.map(at => DIGESTS[at] as Digest),
    );
  else if (step.kind === 'remove') {
    const names = (await readdir(join(home, 'packs'))).sort();
    await rm(join(home, 'packs', names[Math.floor(step.at * names.length)] as string));
  } else if (step.kind === 'lose') await rm(cache, { force: true });
  else {
    const bytes = await readFile(cache).catch(() => undefined);
    if (bytes === undefined) return;
    const at = Math.floor(step.at * bytes.length);
    if (step.kind === 'cut') await truncate(cache, at);
    else await writeFile(cache, bytes.fill((bytes[at] ?? 0) ^ 0x10, at, at + 1));
  }
}

describe('looking up records with a multi-pack index', () => {
  test('finds what a search of all packs finds, whatever becomes of packs and index', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 4 }), async taken => {
        await using home = await temporaryDirectory();
        await fill(home.path, 20);
        const longLived = open(home.path);
        await longLived.refresh();
        for (const step of taken) {
          await take(home.path, step);
          const fresh = open(home.path);
          await expectPlain(home.path, fresh);
          await fresh.close();
          await longLived.refresh();
          await expectPlain(home.path, longLived);
        }
        await longLived.close();
      }),
      { numRuns: 8 },
    );
  });

  test('a damaged bit anywhere in the index changes nothing, and a new one is written', async () => {
    await using home = await temporaryDirectory();
    await fill(home.path, 20);
    const first = open(home.path);
    await expectPlain(home.path, first);
    await first.close();
    const whole = await readFile(join(home.path, CACHE));
    for (let at = 3; at < whole.length; at += Math.ceil(whole.length / 40)) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      await writeFile(join(home.path, CACHE), damaged);
      const packs = open(home.path);
      await expectPlain(home.path, packs);
      expect(await packs.lengths()).toEqual(new Set([16]));
      await packs.close();
      expect(await readFile(join(home.path, CACHE))).toEqual(whole);
    }
  });

  test('one record opens one pack', async () => {
    await using home = await temporaryDirectory();
    await fill(home.path, 24);
    const first = open(home.path);
    await first.refresh();
    await first.close();
    const opened: string[] = [];
    const fs = nodeFileSystem();
    const packs = open(home.path, {
      ...fs,
      open: (path, ...more) => {
        opened.push(path);
        return fs.open(path, ...more);
      },
    });
    expect(await packs.lookup()(DIGESTS[0] as Digest)).toBeDefined();
    expect(opened).toHaveLength(2);
    await packs.close();
  });

  test('where nothing may be written, all packs are asked', async () => {
    await using home = await temporaryDirectory();
    await fill(home.path, 20);
    const fs = nodeFileSystem();
    const denied = Object.assign(new Error('denied'), { code: 'EACCES' });
    const packs = open(home.path, {
      ...fs,
      open: (path, mode, ...more) =>
        mode === 'read' ? fs.open(path, mode, ...more) : Promise.reject(denied),
    });
    await expectPlain(home.path, packs);
    await packs.close();
    expect(await readdir(home.path)).not.toContain(CACHE);
  });

  test('a record that a removed pack held is found in the pack that took its place', async () => {
    await using home = await temporaryDirectory();
    await fill(home.path, 20);
    const first = open(home.path);
    await first.refresh();
    await first.close();
    const again = open(home.path);
    await again.lookup()(DIGESTS[55] as Digest); // Lists the packs, and opens none.
    const names = await readdir(join(home.path, 'packs'));
    const all = await writeTinyPack(join(home.path, 'packs'), DIGESTS.slice(0, 50));
    for (const name of names) await rm(join(home.path, 'packs', name));
    const record = await again.lookup()(DIGESTS[3] as Digest);
    expect(record?.segments[0]?.pack.id).toBe(all);
    await again.close();
  });
});
