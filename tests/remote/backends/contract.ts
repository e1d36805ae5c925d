import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { OutgoingPack, PackBackend } from '../../../src/remote/backends/backend.ts';
import { outgoingPack } from '../../testkit/outgoing-packs.ts';
import { temporaryDirectory } from '../../testkit/world.ts';

/** A fresh, empty backend; `damage` flips a byte of a stored pack. */
export interface BackendUnderTest {
  readonly backend: PackBackend;
  readonly damage: (pack: OutgoingPack) => Promise<void>;
}

/** What every backend must do. */
export function backendContract(make: (directory: string) => Promise<BackendUnderTest>): void {
  const scene = async () => {
    const home = await temporaryDirectory();
    const under = await make(home.path);
    const packs = [
      await outgoingPack(home.path, 1, 3_000_000),
      await outgoingPack(home.path, 2, 10),
    ] as const;
    return { ...under, packs, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
  };

  test('what was saved loads back, whole and in ranges', async () => {
    await using world = await scene();
    const [large] = world.packs;
    const bytes = await readFile(large.path);
    await world.backend.save(world.packs);
    expect(Buffer.compare(await collect(world.backend.load(large.pointer)), bytes)).toBe(0);
    for (const [offset, length] of [
      [0, 1],
      [2_999_990, 10],
      [1_000_000, 1_500_000],
      [5, 0],
    ] as const)
      expect(
        Buffer.compare(
          await collect(world.backend.load(large.pointer, { offset, length })),
          bytes.subarray(offset, offset + length),
        ),
      ).toBe(0);
  });

  test('saving again moves nothing', async () => {
    await using world = await scene();
    const [large, small] = world.packs;
    expect(await world.backend.save([small])).toEqual({ saved: [small.pointer], bytes: 10 });
    expect(await world.backend.save(world.packs)).toEqual({ saved: [large.pointer], bytes: 3_000_000 });
    expect(await world.backend.save(world.packs)).toEqual({ saved: [], bytes: 0 });
    expect(await world.backend.save([])).toEqual({ saved: [], bytes: 0 });
  });

  test('has tells what is there', async () => {
    await using world = await scene();
    const [large, small] = world.packs;
    expect(await world.backend.has([])).toEqual([]);
    expect(await world.backend.has([large.pointer, small.pointer])).toEqual([]);
    await world.backend.save([small]);
    expect(await world.backend.has([large.pointer, small.pointer])).toEqual([small.pointer]);
  });

  test('a pack that is not there is named', async () => {
    await using world = await scene();
    const loading = collect(world.backend.load(world.packs[0].pointer));
    await expect(loading).rejects.toMatchObject({ code: 'PACK_NOT_ON_REMOTE' });
  });

  test('a damaged pack is refused', async () => {
    await using world = await scene();
    await world.backend.save(world.packs);
    await world.damage(world.packs[0]);
    const loading = collect(world.backend.load(world.packs[0].pointer));
    await expect(loading).rejects.toMatchObject({ code: 'TRANSFER_CORRUPT' });
  });

  test('progress counts the bytes that go', async () => {
    await using world = await scene();
    const seen: number[] = [];
    await world.backend.save(world.packs, {
      onEvent: event => event.type === 'progress' && seen.push(event.done),
    });
    expect(seen.at(-1)).toBe(3_000_010);
  });

  test('an aborted load stops', async () => {
    await using world = await scene();
    await world.backend.save(world.packs);
    const signal = AbortSignal.abort(new Error('stop'));
    const loading = collect(world.backend.load(world.packs[0].pointer, undefined, { signal }));
    await expect(loading).rejects.toThrow('stop');
  });
}

/** All bytes of a stream. */
export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const slices: Uint8Array[] = [];
  for await (const slice of stream) slices.push(slice);
  return Buffer.concat(slices);
}
