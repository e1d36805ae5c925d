import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileSystem } from '../../../src/base/ports/file-system.ts';
import { directoryBackend } from '../../../src/remote/backends/directory.ts';
import { openTensorStore } from '../../../src/store/open-tensor-store.ts';
import { addPack, timedStore } from '../aged-store.ts';
import { type CrashWorld, copyWorld, crashModel } from '../crash/crash-world.ts';
import { gitServer } from '../git-server.ts';
import { outgoingPack } from '../outgoing-packs.ts';
import { addToBytes, noise } from '../stores.ts';
import { temporaryDirectory, testPorts } from '../world.ts';
import { inspectFiles } from './inspect.ts';
import type { Recorded } from './losses.ts';
import { emptyWorld, MEGABYTES, type PowerLossCase, record, recordCommand } from './record.ts';

/** Downloads and uploads may be left unfinished. */
const UNFINISHED = /\/tmp\//;

/** What a push leaves on a remote on a path before any ref names it. */
async function packToPath(directory: string): Promise<Recorded> {
  await using elsewhere = await temporaryDirectory();
  await mkdir(join(directory, 'remote.git'), { recursive: true });
  const pack = await outgoingPack(elsewhere.path, 1, 100_000);
  const place = {
    location: 'there',
    temporaryDirectory: join(directory, 'remote.git/mgit/tmp'),
    packsDirectory: join(directory, 'remote.git/mgit/packs'),
  };
  const work = async (fs: FileSystem): Promise<void> => {
    await directoryBackend({ ...testPorts(elsewhere.path), fs }, place).save([pack]);
  };
  return await record('pack to a path', directory, { passing: UNFINISHED, inspect: inspectFiles, work });
}

/** What a fetch adds to a store before any ref names it. */
async function packFromElsewhere(directory: string): Promise<Recorded> {
  await using elsewhere = await timedStore();
  await addPack(elsewhere.store, noise(5000, 1));
  const [id] = await elsewhere.store.listPacks();
  if (id === undefined) throw new Error('no pack was written');
  const bytes = await testPorts(directory).fs.readFile(elsewhere.store.packPath(id));
  await mkdir(join(directory, 'mgit/tmp'), { recursive: true });
  const work = async (fs: FileSystem): Promise<void> => {
    const arrived = join(directory, 'mgit/tmp/arrived');
    const file = await fs.open(arrived, 'create');
    await file.write(bytes, 0);
    await file.close();
    const ports = { ...testPorts(directory), fs };
    const store = openTensorStore({ ports, directory: join(directory, 'mgit'), evaluateRecipe: addToBytes });
    await store.importPack(id, arrived);
    await store.close();
  };
  return await record('pack from elsewhere', directory, { passing: UNFINISHED, inspect: inspectFiles, work });
}

/** Two people who work with one repository on a server. */
interface Meeting {
  /** Has pushed `main`. */
  readonly one: CrashWorld;
  /** An empty directory, and a home. */
  readonly other: CrashWorld;
  readonly url: string;
}

async function meet(
  directory: string,
  fresh: CrashWorld,
  work: (meeting: Meeting) => Promise<Recorded>,
): Promise<Recorded> {
  await mkdir(directory);
  await using server = await gitServer(join(directory, 'srv'));
  const url = await server.createRepository('model');
  const one = await copyWorld(fresh, join(directory, 'one'));
  await one.mgit('config', 'remote.origin.url', url);
  await one.mgit('push', 'origin', 'main');
  return await work({ one, other: await emptyWorld(join(directory, 'other')), url });
}

const clone = ({ other, url }: Meeting): Promise<Recorded> =>
  recordCommand(other, { name: 'clone', argv: ['clone', url, '.'], passing: UNFINISHED });

async function fetchAfterPush({ one, other, url }: Meeting): Promise<Recorded> {
  await other.mgit('clone', url, '.');
  await one.write('model.safetensors', crashModel(MEGABYTES, { embed: 5, head: 6, shared: 3 }));
  await one.mgit('commit', '-am', 'third');
  await one.mgit('push', 'origin', 'main', 'side');
  return recordCommand(other, { name: 'fetch', argv: ['fetch'], passing: UNFINISHED });
}

async function push({ one }: Meeting): Promise<Recorded> {
  await one.mgit('merge', 'side');
  return recordCommand(one, { name: 'push', argv: ['push', 'origin', 'main', 'side'] });
}

/** What goes to and comes from remotes. Over HTTP: Git itself writes what goes to a path. */
export const TRANSFER_CASES: readonly PowerLossCase[] = [
  { name: 'pack to a path', record: packToPath },
  { name: 'pack from elsewhere', record: packFromElsewhere },
  { name: 'clone', record: (directory, fresh) => meet(directory, fresh, clone) },
  { name: 'fetch', record: (directory, fresh) => meet(directory, fresh, fetchAfterPush) },
  { name: 'push', record: (directory, fresh) => meet(directory, fresh, push) },
];
