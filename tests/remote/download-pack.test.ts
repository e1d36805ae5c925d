import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parsePackId } from '../../src/base/ids.ts';
import type { PackBackend, PackRange } from '../../src/remote/backends/backend.ts';
import { downloadPack } from '../../src/remote/download-pack.ts';
import type { LocalSide } from '../../src/remote/local-side.ts';
import { removePartials } from '../../src/remote/partial-files.ts';
import type { PackPointer } from '../../src/remote/pointer.ts';
import { digestOf } from '../testkit/memory-store.ts';
import { noise } from '../testkit/stores.ts';
import { fixedClock, type TemporaryDirectory, temporaryDirectory, testPorts } from '../testkit/world.ts';

const BYTES = noise(10_000);
const id = parsePackId('a'.repeat(64));
const pointer: PackPointer = { id, oid: digestOf(BYTES), size: BYTES.length };
const options = { onBytes: () => {} };

/** A remote that sends slices of 1000 bytes, may break off after some of them, and notes which ranges were asked for. */
function remote(content: Uint8Array, breakAfter = Number.POSITIVE_INFINITY) {
  const asked: (PackRange | undefined)[] = [];
  const load: PackBackend['load'] = async function* (_pointer, range) {
    asked.push(range);
    const start = range?.offset ?? 0;
    for (let at = start, sent = 0; at < content.length; at += 1000, sent++) {
      if (sent === breakAfter) throw new Error('the connection broke');
      yield content.subarray(at, at + 1000);
    }
  };
  return { asked, backend: { load } as Partial<PackBackend> as PackBackend };
}

async function world(): Promise<TemporaryDirectory & { local: LocalSide; late: LocalSide; tmp: string }> {
  const home = await temporaryDirectory();
  const ports = testPorts(home.path, { clock: fixedClock(Date.UTC(2020, 0, 1)) });
  const local = { ports, mgitDirectory: join(home.path, 'mgit') } as Partial<LocalSide> as LocalSide;
  const late = { ...local, ports: { ...ports, clock: fixedClock(Date.UTC(2100, 0, 1)) } };
  const tmp = join(home.path, 'mgit', 'tmp');
  await mkdir(tmp, { recursive: true });
  return { ...home, local, late, tmp };
}

async function interrupted(local: LocalSide, after: number): Promise<void> {
  const broken = downloadPack(local, remote(BYTES, after).backend, pointer, options);
  await expect(broken).rejects.toThrow('the connection broke');
}

test('two downloads of one pack do not touch each other', async () => {
  await using home = await world();
  const paths = await Promise.all(
    [1, 2, 3].map(() => downloadPack(home.local, remote(BYTES).backend, pointer, options)),
  );
  expect(new Set(paths).size).toBe(3);
  for (const path of paths) expect((await readFile(path)).equals(BYTES)).toBe(true);
});

test('an interrupted download is continued, from the longest there is', async () => {
  await using home = await world();
  await interrupted(home.local, 3);
  await interrupted(home.local, 4);
  const { asked, backend } = remote(BYTES);
  const path = await downloadPack(home.local, backend, pointer, options);
  expect(asked).toEqual([{ offset: 7000, length: 3000 }]);
  expect((await readFile(path)).equals(BYTES)).toBe(true);
});

test('what nobody has written to for a while is removed once it is copied; what somebody is busy with stays', async () => {
  await using home = await world();
  await interrupted(home.local, 3);
  const [busy] = await readdir(home.tmp);
  await downloadPack(home.local, remote(BYTES).backend, pointer, options);
  expect(await readdir(home.tmp)).toContain(busy);
  const path = await downloadPack(home.late, remote(BYTES).backend, pointer, options);
  expect((await readFile(path)).equals(BYTES)).toBe(true);
  await removePartials(home.late, id);
  expect(await readdir(home.tmp)).toEqual([]);
});

test('a download that was whole already asks for nothing', async () => {
  await using home = await world();
  await writeFile(join(home.tmp, `${id}.other.partial`), BYTES);
  const { asked, backend } = remote(BYTES);
  await downloadPack(home.local, backend, pointer, options);
  expect(asked).toEqual([]);
});

test('what was left is no good: once more from the beginning', async () => {
  await using home = await world();
  await writeFile(join(home.tmp, `${id}.other.partial`), noise(2000, 7));
  const { asked, backend } = remote(BYTES);
  const path = await downloadPack(home.local, backend, pointer, options);
  expect(asked).toEqual([{ offset: 2000, length: 8000 }, undefined]);
  expect((await readFile(path)).equals(BYTES)).toBe(true);
});

test('a pack that does not arrive as it was pushed leaves nothing', async () => {
  await using home = await world();
  const download = downloadPack(home.local, remote(noise(10_000, 2)).backend, pointer, options);
  await expect(download).rejects.toMatchObject({ code: 'TRANSFER_CORRUPT' });
  expect(await readdir(home.tmp)).toEqual([]);
});
