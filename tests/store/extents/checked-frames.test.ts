import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Digest } from '../../../src/base/ids.ts';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import { restoreFile } from '../../../src/store/extents/restore-file.ts';
import type { Manifest } from '../../../src/store/manifest/manifest.ts';
import { decodeFrameChecksums, encodeFrameChecksums } from '../../../src/store/packs/frame-checksums.ts';
import { storeParts } from '../../../src/store/store-parts.ts';
import { digestOf } from '../../testkit/layouts.ts';
import {
  addToBytes,
  bytesOf,
  modelFile,
  noise,
  type TestStore,
  testStore,
  weights,
} from '../../testkit/stores.ts';

const MIB = 1024 * 1024;
const NOISE = noise(33 * MIB);
const WEIGHTS = bytesOf(weights(MIB / 4));
/** As after a step of training: every seventh number has moved a little. */
const TRAINED = WEIGHTS.map((byte, at) => (at % 28 === 0 ? byte ^ 1 : byte));

interface Stored {
  readonly world: TestStore;
  readonly manifest: Manifest;
  readonly bytes: Uint8Array;
  readonly path: string;
}

/** The second of two versions of a model: one tensor is stored raw, one as an XOR against planes. */
async function storedModel(world: TestStore): Promise<Stored> {
  const tensors = (data: Uint8Array) => [
    { name: 'noise', dtype: 'U8' as const, shape: [NOISE.length], data: NOISE },
    { name: 'weights', dtype: 'F32' as const, shape: [MIB / 4], data },
  ];
  const [first, second] = [modelFile(tensors(WEIGHTS)), modelFile(tensors(TRAINED))];
  const { manifest: base } = await world.store.addFile(memoryByteSource(first.bytes), first.layout);
  const { manifest } = await world.store.addFile(memoryByteSource(second.bytes), second.layout, { base });
  const kinds = await Promise.all(
    [NOISE, WEIGHTS, TRAINED].map(data => world.store.describe(digestOf(data))),
  );
  expect(kinds.map(record => record?.kind)).toEqual(['raw', 'planes', 'xor']);
  return { world, manifest, bytes: second.bytes, path: join(world.path, 'restored') };
}

/** Restores with an engine that cannot compute the digest of a stream. */
async function restoreWithoutDigests({ world, manifest, path }: Stored): Promise<void> {
  const directory = join(world.path, 'mgit');
  const parts = storeParts({ ports: world.ports, directory, evaluateRecipe: addToBytes });
  const reading = parts.reading(undefined, manifest.size);
  const hasher = (): never => {
    throw new Error('a digest was asked for');
  };
  const { buffers, baseBuffers } = parts.force;
  const read = { ...reading, buffers, baseBuffers, engine: { ...reading.engine, hasher } };
  try {
    await restoreFile({ manifest, path }, { ...parts, fs: world.ports.fs, read, lanes: 2 }, {});
  } finally {
    await parts.force.close();
    await parts.local.close();
  }
}

const checksumFiles = ({ world }: Stored): readonly string[] => {
  const folder = join(world.path, 'mgit/checked');
  return readdirSync(folder).map(name => join(folder, name));
};

test('what was restored once is compared with its checksums, and not hashed', async () => {
  await using world = await testStore();
  const stored = await storedModel(world);
  await expect(restoreWithoutDigests(stored)).rejects.toThrow('a digest was asked for');
  await world.again().restoreFile(stored.manifest, stored.path);
  expect(checksumFiles(stored)).toHaveLength(2);
  await restoreWithoutDigests(stored);
  expect(readFileSync(stored.path).equals(stored.bytes)).toBe(true);
});

test('what was added raw is compared with its checksums the first time already', async () => {
  await using world = await testStore();
  const { bytes, layout } = modelFile([{ name: 'noise', dtype: 'U8', shape: [NOISE.length], data: NOISE }]);
  const { manifest } = await world.store.addFile(memoryByteSource(bytes), layout);
  const stored = { world, manifest, bytes, path: join(world.path, 'restored') };
  expect(checksumFiles(stored)).toHaveLength(1);
  await restoreWithoutDigests(stored);
  expect(readFileSync(stored.path).equals(bytes)).toBe(true);
  await flipBit(world, digestOf(NOISE));
  await expect(world.again().restoreFile(manifest, join(world.path, 'other'))).rejects.toMatchObject({
    code: 'EXTENT_CORRUPT',
  });
});

test('a bit that flips since is found, in an extent and in what it is computed from', async () => {
  await using world = await testStore();
  const { manifest, path } = await storedModel(world);
  await world.again().restoreFile(manifest, path);
  for (const data of [NOISE, WEIGHTS, TRAINED]) {
    const mend = await flipBit(world, digestOf(data));
    const restoring = world.again().restoreFile(manifest, join(world.path, 'other'));
    await expect(restoring).rejects.toMatchObject({ code: 'EXTENT_CORRUPT' });
    expect(readdirSync(world.path)).not.toContain('other');
    mend();
  }
  await world.again().restoreFile(manifest, join(world.path, 'other'));
});

test('checksums that are wrong or damaged are worth nothing, and do no harm', async () => {
  await using world = await testStore();
  const stored = await storedModel(world);
  await world.again().restoreFile(stored.manifest, stored.path);
  const right = checksumFiles(stored).map(file => readFileSync(file));
  const changes: readonly ((file: Buffer) => Uint8Array)[] = [
    withOtherChecksums,
    file => file.fill(7, 20, 24),
    file => file.subarray(0, 30),
    () => Buffer.alloc(0),
  ];
  for (const change of changes) {
    for (const file of checksumFiles(stored)) writeFileSync(file, change(readFileSync(file)));
    await world.again().restoreFile(stored.manifest, stored.path);
    expect(readFileSync(stored.path).equals(stored.bytes)).toBe(true);
    expect(checksumFiles(stored).map(file => readFileSync(file))).toEqual(right);
  }
});

function withOtherChecksums(file: Buffer): Uint8Array {
  const checksums = decodeFrameChecksums(file, file.readUInt32LE(12));
  if (checksums === undefined) throw new Error('no checksums');
  return encodeFrameChecksums(checksums.map(checksum => checksum ^ 1n));
}

/** Flips a bit of the record of an extent; returns what flips it back. */
async function flipBit(world: TestStore, digest: Digest): Promise<() => void> {
  const parts = storeParts({
    ports: world.ports,
    directory: join(world.path, 'mgit'),
    evaluateRecipe: addToBytes,
  });
  const segment = (await parts.local.lookup()(digest))?.segments[0];
  const frame = segment?.pack.index.framesOf(segment.entry).at(-1);
  if (segment === undefined || frame === undefined) throw new Error('not stored');
  const path = parts.local.path(segment.pack.id);
  const file = readFileSync(path);
  const damaged = Buffer.from(file);
  const at = frame.offset + frame.storedLength - 9;
  damaged.writeUInt8(damaged.readUInt8(at) ^ 4, at);
  writeFileSync(path, damaged);
  await parts.local.close();
  return () => writeFileSync(path, file);
}

test('small models are hashed, and leave no checksums', async () => {
  await using world = await testStore();
  const { bytes, layout } = modelFile([{ name: 'w', dtype: 'F32', shape: [MIB / 4], data: WEIGHTS }]);
  const { manifest } = await world.store.addFile(memoryByteSource(bytes), layout);
  await world.store.restoreFile(manifest, join(world.path, 'restored'));
  expect(readdirSync(join(world.path, 'mgit'))).not.toContain('checked');
});
