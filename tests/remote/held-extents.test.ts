import { expect, test } from 'vitest';
import { type Digest, type PackId, parseDigest, parsePackId } from '../../src/base/ids.ts';
import { heldExtents } from '../../src/remote/held-extents.ts';
import type { Catalogue } from '../../src/remote/records/catalogue.ts';
import type { RemoteRecord } from '../../src/remote/records/remote-record.ts';
import { CHAIN_LIMITS, FRAME_BYTES } from '../../src/store/packs/limits.ts';
import type { ExtentInfo } from '../../src/store/packs/records.ts';

/** What each extent's record is computed from. */
type Records = Readonly<Record<string, readonly string[]>>;

function digest(name: string): Digest {
  return parseDigest(Buffer.from(name).toString('hex').padEnd(64, '0'));
}

const PUBLISHED: ReadonlySet<PackId> = new Set([parsePackId('a'.repeat(64))]);

/** A store with these records; those of `shared` lie in packs that the remote has. */
function store(records: Records, shared: readonly string[] = []) {
  const known = new Map(Object.entries(records).map(([name, below]) => [digest(name), below.map(digest)]));
  const common = new Set(shared.map(digest));
  return {
    describe: async (id: Digest): Promise<ExtentInfo | undefined> => {
      const dependsOn = known.get(id);
      const rest = { length: FRAME_BYTES, storedLength: 1, packs: [], kind: 'raw' as const };
      return dependsOn && { digest: id, dependsOn, ...rest };
    },
    storedIn: async (_: ReadonlySet<PackId>, ids: Iterable<Digest>) =>
      new Set([...ids].filter(id => common.has(id))),
  };
}

function remote(records: Records): Catalogue & { readonly asked: Digest[] } {
  const asked: Digest[] = [];
  const known = new Map(
    Object.entries(records).map(([name, below]) => [digest(name), recordOf(name, below)]),
  );
  return {
    asked,
    find: async ids => {
      const found = [...ids].map(id => [id, known.get(id)] as const);
      asked.push(...found.map(([id]) => id));
      return new Map(found.flatMap(([id, record]) => (record ? [[id, [record]] as const] : [])));
    },
  };
}

function recordOf(name: string, below: readonly string[]): RemoteRecord {
  const coding = { kind: 0, elementSize: 1, flags: 0, parameters: new Uint8Array(), frames: [] };
  const references = below.map(digest);
  return { ...coding, digest: digest(name), length: FRAME_BYTES, storedLength: 1, references };
}

/** A chain of so many records above a plain one. */
function chain(depth: number): Records {
  const names = Array.from({ length: depth + 1 }, (_, at) => `base${at || ''}`);
  return Object.fromEntries(names.map((name, at) => [name, names.slice(at + 1, at + 2)]));
}

test('what lies in packs that both have is held, and nobody is asked for it', async () => {
  const packs = remote({});
  const held = await heldExtents(
    store({ new: ['base'], base: [] }, ['base', 'new']),
    { published: PUBLISHED, packs },
    [digest('new')],
  );
  expect(held).toEqual(new Set([digest('new')]));
  expect(packs.asked).toEqual([]);
});

test('what the remote holds in other packs is held, at any depth below what is new', async () => {
  const local = store({ new: ['middle'], middle: ['base'], base: [] });
  const holdings = { published: PUBLISHED, packs: remote({ base: [] }) };
  expect(await heldExtents(local, holdings, [digest('new')])).toEqual(new Set([digest('base')]));
});

test.each([
  { depth: CHAIN_LIMITS.depth - 1, held: ['base'] },
  { depth: CHAIN_LIMITS.depth, held: [] },
])('on a record of the remote that is $depth deep, a new one counts on $held', async ({ depth, held }) => {
  const local = store({ new: ['base'], base: [] }); // Plain since a repack.
  const holdings = { published: PUBLISHED, packs: remote(chain(depth)) };
  expect(await heldExtents(local, holdings, [digest('new')])).toEqual(new Set(held.map(digest)));
});
