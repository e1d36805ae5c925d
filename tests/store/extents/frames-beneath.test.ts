import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Digest } from '../../../src/base/ids.ts';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import type { Engine } from '../../../src/store/extents/engine.ts';
import { framesBeneath, framesToCodeAgainst } from '../../../src/store/extents/frames-beneath.ts';
import type { Candidate, LocatedRecord, LocatedSegment } from '../../../src/store/extents/locate.ts';
import {
  type ExtentRange,
  framesWithin,
  type ReadContext,
  readExtent,
} from '../../../src/store/extents/read-extent.ts';
import type { Manifest } from '../../../src/store/manifest/manifest.ts';
import { RECORD_KINDS, type RecordKind } from '../../../src/store/packs/records.ts';
import { type StoreParts, storeParts } from '../../../src/store/store-parts.ts';
import { digestOf } from '../../testkit/layouts.ts';
import { addToBytes, bytesOf, modelFile, type TestStore, testStore, weights } from '../../testkit/stores.ts';

const MIB = 1024 * 1024;
const COUNT = (5 * MIB) / 4 + 1;
const FIRST = bytesOf(weights(COUNT));
const moved = (bytes: Uint8Array, every: number): Uint8Array =>
  bytes.map((byte, at) => (at % every === 0 ? byte ^ 1 : byte));
const SECOND = moved(FIRST, 28);
const THIRD = moved(SECOND, 44);

/** A store with three versions of a tensor, each coded against the one before. */
async function storedVersions(world: TestStore): Promise<StoreParts> {
  let base: Manifest | undefined;
  for (const data of [FIRST, SECOND, THIRD]) {
    const { bytes, layout } = modelFile([{ name: 'w', dtype: 'F32', shape: [COUNT], data }]);
    const added = await world.store.addFile(memoryByteSource(bytes), layout, base ? { base } : {});
    base = added.manifest;
  }
  const third = await world.store.describe(digestOf(THIRD));
  expect([third?.kind, third?.dependsOn]).toEqual(['xor', [digestOf(SECOND)]]);
  return storeParts({
    ports: world.ports,
    directory: join(world.path, 'mgit'),
    evaluateRecipe: addToBytes,
  });
}

async function read(range: ExtentRange | undefined, reading: ReadContext): Promise<Buffer> {
  const slices: Uint8Array[] = [];
  for await (const slice of readExtent(digestOf(THIRD), range, reading)) slices.push(slice);
  return Buffer.concat(slices);
}

test('the frames of a chain of versions are decoded together, in whole and in part', async () => {
  await using world = await testStore();
  const parts = await storedVersions(world);
  const reading = parts.reading(undefined, 0);
  const jobs: string[] = [];
  const engine: Engine = {
    ...reading.engine,
    decode: (job, target) => {
      jobs.push(`${job.kind} above ${job.beneath?.lengths.length}`);
      return reading.engine.decode(job, target);
    },
  };
  for (const range of [undefined, { offset: 4 * MIB - 7, length: 20 }, { offset: 9, length: 9 }]) {
    const { offset, length } = range ?? { offset: 0, length: THIRD.length };
    const found = await read(range, { ...reading, engine });
    expect(found.equals(THIRD.subarray(offset, offset + length))).toBe(true);
  }
  await parts.local.close();
  expect(jobs).toEqual(Array.from({ length: 5 }, () => `${RECORD_KINDS.xor} above 2`));
});

test('what is damaged beneath is named', async () => {
  await using world = await testStore();
  for (const damaged of [FIRST, SECOND, THIRD].map(digestOf)) {
    const parts = await storedVersions(world);
    const segment = (await parts.local.lookup()(damaged))?.segments[0];
    const frame = segment?.pack.index.framesOf(segment.entry)[1];
    if (!segment || !frame) throw new Error('not stored');
    const path = parts.local.path(segment.pack.id);
    const whole = readFileSync(path);
    writeFileSync(path, Buffer.from(whole).fill(0xff, frame.offset, frame.offset + 4));
    await expect(read(undefined, parts.reading(undefined, 0))).rejects.toMatchObject({
      code: 'EXTENT_CORRUPT',
      details: { digest: damaged, pack: segment.pack.id },
    });
    writeFileSync(path, whole);
    await parts.local.close();
  }
});

test('what is damaged below a version that is added is named, and nothing is stored', async () => {
  await using world = await testStore();
  const parts = await storedVersions(world);
  const fourth = modelFile([{ name: 'w', dtype: 'F32', shape: [COUNT], data: moved(THIRD, 36) }]);
  const third = modelFile([{ name: 'w', dtype: 'F32', shape: [COUNT], data: THIRD }]);
  const { manifest } = await world.store.addFile(memoryByteSource(third.bytes), third.layout);
  for (const damaged of [FIRST, SECOND, THIRD].map(digestOf)) {
    const segment = (await parts.local.lookup()(damaged))?.segments[0];
    // The last frame, which no sample is taken of.
    const frame = segment && [...segment.pack.index.framesOf(segment.entry)].at(-1);
    if (!segment || !frame) throw new Error('not stored');
    const path = parts.local.path(segment.pack.id);
    const whole = readFileSync(path);
    writeFileSync(path, Buffer.from(whole).fill(0xff, frame.offset, frame.offset + 4));
    const adding = world.again().addFile(memoryByteSource(fourth.bytes), fourth.layout, { base: manifest });
    await expect(adding).rejects.toMatchObject({
      code: 'EXTENT_CORRUPT',
      details: { digest: damaged, pack: segment.pack.id },
    });
    writeFileSync(path, whole);
  }
  await parts.local.close();
  const added = await world
    .again()
    .addFile(memoryByteSource(fourth.bytes), fourth.layout, { base: manifest });
  expect(added.newExtents).toBe(1);
});

interface Version {
  readonly kind: RecordKind;
  readonly frames?: readonly number[];
  readonly elementSize?: number;
  readonly flags?: number;
  /** The bytes that each frame takes; as many as it has, if it is not said. */
  readonly stored?: number;
  /** The lengths of the parts that packs have of it. */
  readonly parts?: readonly number[];
}

/** The digest of the first of these, each of which refers to the next, and where they are found. */
function located(versions: readonly Version[]) {
  const digests = versions.map((_, at) => digestOf(`version ${at}`));
  const records = new Map<Digest, LocatedRecord>();
  for (const [
    at,
    { kind, frames = [4, 4, 2], elementSize = 2, flags = 1, stored, parts },
  ] of versions.entries()) {
    const length = frames.reduce((total, frame) => total + frame, 0);
    const digest = digests[at] as Digest;
    const parameters = Buffer.from(digestOf(`version ${at + 1}`), 'hex');
    const entry = { digest, length, kind: RECORD_KINDS[kind], elementSize, flags, parameters, firstFrame: 0 };
    const framesOf = () =>
      frames.map(rawLength => ({ offset: 0, storedLength: stored ?? rawLength, rawLength }));
    let from = 0;
    const segments = (parts ?? [length]).map((span): LocatedSegment => {
      const place = { segmentStart: from, segmentSpan: span, frameCount: frames.length };
      const candidate = { pack: { index: { framesOf } }, entry: { ...entry, ...place } };
      from += span;
      return { ...(candidate as unknown as Candidate), from: from - span, to: from };
    });
    records.set(digest, { digest, length, segments });
  }
  return { first: digests[0] as Digest, records, lookup: async (digest: Digest) => records.get(digest) };
}

/** How many frames are beneath each one of the first of these. */
async function beneath(versions: readonly Version[], depth = 0): Promise<readonly number[] | undefined> {
  const { first, records, lookup } = located(versions);
  const [top] = records.get(first)?.segments ?? [];
  if (!top) throw new Error('no version');
  const places = [...framesWithin(top, { offset: 0, length: top.to })];
  return (await framesBeneath(top, places, { lookup, depth }))?.map(frames => frames.length);
}

const top: Version = { kind: 'xor' };
const bottom: Version = { kind: 'planes' };

test('frames are decoded together only where they are cut at the same places, of the same elements', async () => {
  expect(await beneath([top, bottom])).toEqual([1, 1, 1]);
  expect(await beneath([top, top, top, bottom])).toEqual([3, 3, 3]);
  const others: readonly (readonly Version[])[] = [
    [{ ...bottom, kind: 'raw' }],
    [{ ...bottom, kind: 'sparse' }, bottom],
    [{ ...bottom, elementSize: 4 }],
    [{ ...bottom, flags: 0 }],
    [{ ...bottom, frames: [4, 3, 3] }],
    [{ ...bottom, frames: [10] }],
    [{ ...bottom, parts: [4, 6] }],
    [top, { ...bottom, frames: [2, 8] }],
    [top],
    [],
  ];
  for (const below of others) expect(await beneath([top, ...below])).toBeUndefined();
});

test('frames larger than ours, and chains beyond the bound, are left to other readers', async () => {
  const large = { frames: [5 * MIB] };
  expect(
    await beneath([
      { kind: 'xor', ...large },
      { kind: 'planes', ...large },
    ]),
  ).toBeUndefined();
  const chain: readonly Version[] = [
    ...Array.from({ length: 8 }, (): Version => ({ kind: 'xor' })),
    { kind: 'planes' },
  ];
  expect(await beneath(chain)).toEqual([8, 8, 8]);
  expect(await beneath(chain, 1)).toBeUndefined();
  expect(await beneath([{ kind: 'xor' }, ...chain])).toBeUndefined();
});

/** How many frames each one of an extent would be coded against, whose base is the first of these. */
async function against(versions: readonly Version[], depth = 0): Promise<readonly number[] | undefined> {
  const { first, lookup } = located(versions);
  const frames = await framesToCodeAgainst(first, { elementSize: 2, rotate: true }, { lookup, depth });
  return frames?.map(layers => layers.length);
}

test('an extent is coded against frames as they are stored only where they are cut as ours are', async () => {
  const ours = { frames: [4 * MIB, 4 * MIB, 9], stored: MIB / 2 };
  const [above, below]: readonly Version[] = [
    { kind: 'xor', ...ours },
    { kind: 'planes', ...ours },
  ];
  if (!above || !below) throw new Error('no versions');
  expect(await against([below])).toEqual([1, 1, 1]);
  expect(await against([above, above, below])).toEqual([3, 3, 3]);
  expect(await against([{ ...below, frames: [9] }])).toEqual([1]);
  expect(await against([above, above, { ...below, stored: 3 * MIB }])).toEqual([3, 3, 3]);
  const others: readonly (readonly Version[])[] = [
    [{ ...below, kind: 'raw' }],
    [{ ...below, kind: 'sparse' }, below],
    [{ ...below, elementSize: 4 }],
    [{ ...below, flags: 0 }],
    [{ ...below, frames: [4, 4, 2] }],
    [{ ...below, frames: [5 * MIB] }],
    [{ ...below, stored: 4 * MIB + 1 }],
    [above, above, { ...below, stored: 3 * MIB + 1 }],
    [{ ...below, parts: [4 * MIB, 4 * MIB + 9] }],
    [above, { ...below, frames: [8 * MIB, 9] }],
    [above],
    [],
  ];
  for (const versions of others) expect(await against(versions)).toBeUndefined();
  const chain = [...Array.from({ length: 7 }, () => above), below];
  expect(await against(chain)).toEqual([8, 8, 8]);
  expect(await against([above, ...chain])).toBeUndefined();
});
