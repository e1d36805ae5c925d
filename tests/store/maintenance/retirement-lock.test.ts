import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Ports } from '../../../src/base/ports/ports.ts';
import { readCondemned, writeCondemned } from '../../../src/store/maintenance/condemned.ts';
import { withRetirementLock } from '../../../src/store/maintenance/retirement-lock.ts';
import { addPack, agePacks, storeDirectory, timedStore } from '../../testkit/aged-store.ts';
import { interleaved } from '../../testkit/interleaved.ts';
import { digestOf } from '../../testkit/layouts.ts';
import { collect, noise, type TestStore } from '../../testkit/stores.ts';
import { temporaryDirectory, testPorts } from '../../testkit/world.ts';

const OLD = noise(5000, 1);

/** Ports of another process of this machine, or of another machine. */
function processOf(ports: Ports, pid: number, machine = ports.processes.self().machine): Ports {
  return { ...ports, processes: { ...ports.processes, self: () => ({ pid, machine }) } };
}

/** Ports that see only the given processes alive, and know nothing of other machines. */
function seeing(ports: Ports, ...alive: readonly number[]): Ports {
  const { machine } = ports.processes.self();
  const mayRun: Ports['processes']['mayRun'] = other =>
    other.machine !== machine || alive.includes(other.pid);
  return { ...ports, processes: { ...ports.processes, mayRun } };
}

/** What a process leaves that ends while it removes packs. */
async function crashInside(ports: Ports, directory: string): Promise<void> {
  const removeFile = (): Promise<void> => Promise.reject(new Error('killed'));
  const dying = { ...ports, fs: { ...ports.fs, removeFile } };
  await expect(withRetirementLock(dying, directory, async () => {})).rejects.toThrow('killed');
}

const attempt = (ports: Ports, directory: string): Promise<string> =>
  withRetirementLock(ports, directory, async () => 'done');

test('who removes packs is not disturbed while it may be alive', async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path);
  await withRetirementLock(ports, home.path, async () => {
    await expect(attempt(processOf(ports, 7), home.path)).rejects.toMatchObject({
      code: 'STORE_LOCKED',
      message: expect.stringContaining(join(home.path, 'retire.lock')),
    });
  });
  expect(await attempt(ports, home.path)).toBe('done');
  expect(await ports.fs.readDirectory(home.path)).toEqual([]);
});

test('the lock of a process that has ended is taken over at once, and only by one', async () => {
  await using home = await temporaryDirectory();
  const ports = seeing(testPorts(home.path), 8, 9);
  await crashInside(processOf(ports, 7), home.path);
  await withRetirementLock(processOf(ports, 8), home.path, async () => {
    await expect(attempt(processOf(ports, 9), home.path)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
  });
  expect(await attempt(processOf(ports, 9), home.path)).toBe('done');
});

test('the lock of another machine, or of a process whose number is in use again, holds for twelve hours', async () => {
  await using home = await temporaryDirectory();
  const ports = testPorts(home.path);
  const { self, mayRun } = ports.processes;
  const after = (hours: number): Ports => ({
    ...ports,
    clock: { ...ports.clock, now: () => Date.UTC(2026, 0, 1) + hours * 3_600_000 },
  });
  for (const machine of ['elsewhere', self().machine]) {
    expect(mayRun({ pid: self().pid, machine })).toBe(true);
    await crashInside(processOf(after(0), self().pid, machine), home.path);
    await expect(attempt(after(11), home.path)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    expect(await attempt(after(13), home.path)).toBe('done');
  }
});

test('a lock that a crash cut off amid its line, or before it, holds nobody up', async () => {
  await using home = await temporaryDirectory();
  for (const left of ['', '\n123', '\n123 host 17', 'neither this']) {
    await writeFile(join(home.path, 'retire.lock'), left);
    expect(await attempt(testPorts(home.path), home.path)).toBe('done');
  }
});

test('of two that take it over at the same time one works, whichever step comes in between', async () => {
  for (let step = 1, last = 1; step <= last; step++) {
    await using home = await temporaryDirectory();
    const ports = seeing(testPorts(home.path), 8, 9);
    await crashInside(processOf(ports, 7), home.path);
    const inside = { now: 0, most: 0, runs: 0 };
    const work = async (): Promise<void> => {
      inside.runs++;
      inside.most = Math.max(inside.most, ++inside.now);
      await ports.fs.stat(home.path);
      inside.now--;
    };
    const tried = (as: Ports): Promise<unknown> =>
      withRetirementLock(as, home.path, work).catch((error: unknown) =>
        expect(error).toMatchObject({ code: 'STORE_LOCKED' }),
      );
    const first = interleaved(processOf(ports, 8), step, async () => void (await tried(processOf(ports, 9))));
    await tried(first.ports);
    last = first.count();
    expect(inside, `step ${step}`).toMatchObject({ most: 1 });
    expect(inside.runs, `step ${step}`).toBeGreaterThan(0);
  }
});

async function condemnAll(world: TestStore, ports: Ports): Promise<void> {
  const directory = storeDirectory(world);
  await mkdir(directory, { recursive: true });
  await writeCondemned(ports.fs, directory, await world.store.listPacks());
  await crashInside(ports, directory);
}

test('what a crash has left condemned is relied on again: the same content can be added', async () => {
  await using world = await timedStore();
  await addPack(world.store, OLD);
  await agePacks(world, world.store);
  await condemnAll(world, processOf(world.ports, 2 ** 31 - 1)); // No process has this number.
  expect((await readCondemned(world.ports.fs, storeDirectory(world))).size).toBe(1);
  const store = world.again();
  await addPack(store, OLD);
  expect(await store.listPacks()).toHaveLength(1);
  expect(await collect(store.read(digestOf(OLD)))).toEqual(Buffer.from(OLD));
});

test('what somebody condemns who may be alive is not relied on', async () => {
  await using world = await timedStore();
  await addPack(world.store, OLD);
  await condemnAll(world, world.ports);
  await expect(addPack(world.again(), OLD)).rejects.toMatchObject({ code: 'STORE_CHANGED' });
});
