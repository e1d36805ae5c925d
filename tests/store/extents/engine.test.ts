import { afterAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../../src/store/extents/engine.ts';
import { inlineEngine } from '../../../src/store/extents/inline-engine.ts';
import { startWorkerEngine } from '../../../src/store/extents/worker-engine.ts';
import { frameChecksum } from '../../../src/store/packs/frame-checksums.ts';
import { RECORD_KINDS } from '../../../src/store/packs/records.ts';
import { digestOf } from '../../testkit/layouts.ts';
import { noise } from '../../testkit/stores.ts';

const workers = startWorkerEngine(2);
afterAll(() => workers.close());

function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

const bytes = noise(5000);
const base = noise(5000, 2);
const elements = { elementSize: 4, rotate: true };

/** What every engine does. */
describe.each<[string, Engine]>([
  ['in this thread', inlineEngine],
  ['in worker threads', workers],
])('%s', (_, engine) => {
  test('streams are hashed apart and in order', async () => {
    const streams = [engine.hasher(), engine.hasher(), engine.hasher()];
    const updates = streams.flatMap((hasher, at) =>
      [0, 1, 2].map(part => hasher.update(shared(noise(1000, at * 3 + part + 1)))),
    );
    await Promise.all(updates);
    const digests = await Promise.all(streams.map(hasher => hasher.digest()));
    const expected = streams.map((_, at) =>
      digestOf(Buffer.concat([0, 1, 2].map(part => noise(1000, at * 3 + part + 1)))),
    );
    expect(digests).toEqual(expected);
  });

  test.each([1, 3])('frames are hashed and get their checksums, in %i streams', async count => {
    const frames = [noise(1000, 1), noise(600_000, 2), new Uint8Array()];
    const streams = Array.from({ length: count }, () => engine.hasher());
    const checksums = await Promise.all(
      streams.map(hasher => Promise.all(frames.map(frame => hasher.updateFrame(shared(frame))))),
    );
    expect(checksums).toEqual(streams.map(() => frames.map(frame => frameChecksum(frame))));
    const digests = await Promise.all(streams.map(hasher => hasher.digest()));
    expect(digests).toEqual(streams.map(() => digestOf(Buffer.concat(frames))));
  });

  test('parts are hashed each for itself', async () => {
    const digests = await engine.digests(bytes, [1, 0, 4999]);
    expect(digests).toEqual([bytes.subarray(0, 1), new Uint8Array(), bytes.subarray(1)].map(digestOf));
  });

  test.each([
    ['planes', undefined],
    ['xor', base],
  ] as const)('%s frames come back, in shared memory and in other', async (kind, against) => {
    const job = { kind: RECORD_KINDS[kind], elements, base: against };
    const stored = await engine.encode({ ...job, bytes });
    for (const target of [new Uint8Array(bytes.length), shared(new Uint8Array(bytes.length))]) {
      const decoded = await engine.decode({ ...job, bytes: stored.slice() }, target);
      expect(Buffer.from(decoded)).toEqual(Buffer.from(bytes));
    }
  });

  test('frames beneath come along, in shared memory and in other', async () => {
    const job = { kind: RECORD_KINDS.xor, elements, base: undefined };
    const planes = await engine.encode({ ...job, kind: RECORD_KINDS.planes, bytes: base });
    const stored = await engine.encode({ ...job, base, bytes });
    for (const place of [shared, (own: Uint8Array) => Uint8Array.from(own)]) {
      const beneath = { bytes: place(planes), lengths: [planes.length] };
      const target = place(new Uint8Array(bytes.length));
      const decoded = await engine.decode({ ...job, bytes: stored.slice(), beneath }, target);
      expect(Buffer.from(decoded)).toEqual(Buffer.from(bytes));
    }
    const damaged = { bytes: planes.slice(0, 3), lengths: [3] };
    await expect(
      engine.decode({ ...job, bytes: stored.slice(), beneath: damaged }, new Uint8Array(bytes.length)),
    ).rejects.toMatchObject({ code: 'FRAME_CORRUPT', details: { layer: 1 } });
  });

  test('damage keeps its code', async () => {
    const job = { kind: RECORD_KINDS.planes, elements, base: undefined, bytes: new Uint8Array(3) };
    await expect(engine.decode(job, new Uint8Array(100))).rejects.toMatchObject({ code: 'FRAME_CORRUPT' });
    const unknown = { ...job, kind: 99, bytes: new Uint8Array(3) };
    await expect(engine.decode(unknown, new Uint8Array(100))).rejects.toMatchObject({
      code: 'RECORD_UNSUPPORTED',
    });
  });
});
