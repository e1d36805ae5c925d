import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileSystem } from '../../../src/base/ports/file-system.ts';
import type { Ports } from '../../../src/base/ports/ports.ts';
import { nodePorts } from '../../../src/cli/context.ts';
import { buildWorld, type CrashWorld, copyWorld, crashWorld } from '../crash/crash-world.ts';
import type { CrashScenario } from '../crash/scenarios.ts';
import { runMgit } from '../world.ts';
import { readImage } from './image-file-system.ts';
import { type Inspection, inspectImage } from './inspect.ts';
import type { Recorded } from './losses.ts';
import { recordingFileSystem } from './trace.ts';

/** The size of models in these worlds. */
export const MEGABYTES = 0.02;
const NEVER = /^\b$/;

/** Something that changes files. */
export interface PowerLossCase {
  readonly name: string;
  /** Does it once, below `directory`, which does not exist yet, and records it. `fresh` is a world to copy. */
  record(directory: string, fresh: CrashWorld): Promise<Recorded>;
}

/** A world that scenarios begin from, in a directory that is made. */
export async function powerLossWorld(directory: string): Promise<CrashWorld> {
  await mkdir(directory);
  return buildWorld(directory, { history: 'embedded', megabytes: MEGABYTES });
}

/** A world without a repository. */
export async function emptyWorld(directory: string): Promise<CrashWorld> {
  for (const folder of ['', 'work', 'home']) await mkdir(join(directory, folder));
  return crashWorld(directory, 'embedded');
}

/** Runs a scenario's command once, in a copy of a world at `directory`, and records it. */
export async function recordScenario(
  fresh: CrashWorld,
  scenario: CrashScenario,
  directory: string,
): Promise<Recorded> {
  const world = await copyWorld(fresh, directory);
  await scenario.prepare(world, MEGABYTES);
  return recordCommand(world, scenario);
}

interface RecordedCommand extends Omit<CrashScenario, 'prepare'> {
  readonly on?: (fs: FileSystem) => FileSystem;
}

/** Runs a command once, on the usual file system or another one, and records it. */
export async function recordCommand(
  world: CrashWorld,
  { name, argv, exitCode = 0, passing = NEVER, on = fs => fs }: RecordedCommand,
): Promise<Recorded> {
  const place = { ports: world.ports, root: world.directory };
  return record(name, world.directory, {
    passing,
    inspect: image => inspectImage(image, place),
    work: async fs => {
      const ports: Ports = { ...world.ports, fs: on(fs) };
      const run = await runMgit(ports, world.path, ...argv);
      if (run.exitCode !== exitCode) throw new Error(`${name}: ${run.stderr}`);
    },
  });
}

/** Does something to the files below a root, and records it. */
export async function record(
  name: string,
  root: string,
  what: {
    readonly passing?: RegExp;
    readonly work: (fs: FileSystem) => Promise<void>;
    readonly inspect: (image: Awaited<ReturnType<typeof readImage>>) => Promise<Inspection>;
  },
): Promise<Recorded> {
  const before = await readImage(root);
  const recording = recordingFileSystem(nodePorts().fs, root);
  await what.work(recording.fs);
  const [first, last] = [await what.inspect(before), await what.inspect(await readImage(root))];
  if (last.problems.length > 0) throw new Error(`${name}: ${last.problems.join('; ')}`);
  const states = { before: first.state, after: last.state };
  return {
    ...{ name, before, events: recording.events, states, damage: first.problems },
    ...{ inspect: what.inspect, passing: what.passing ?? NEVER },
  };
}
