import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryDirectory } from '../world.ts';
import { prepareScenarios } from './crash.ts';
import { type FullDiskReport, fillDisk } from './fill-disk.ts';
import { CRASH_SCENARIOS } from './scenarios.ts';
import { STORE_SCENARIOS } from './store-scenarios.ts';

const EVERYDAY = ['add', 'commit', 'commit -a', 'switch', 'restore', 'merge'];

/** Commands that take space on the disk. */
const SCENARIOS = [...CRASH_SCENARIOS.filter(({ name }) => EVERYDAY.includes(name)), ...STORE_SCENARIOS];

/** Fills the disk amid commands (default: all), at every operation or every so many; reports by the command's name. */
export async function fillDiskOften(settings: {
  readonly scenarios?: readonly string[];
  readonly every: number;
  readonly megabytes: number;
}): Promise<ReadonlyMap<string, FullDiskReport>> {
  await using home = await temporaryDirectory();
  const reports = new Map<string, FullDiskReport>();
  const chosen = SCENARIOS.filter(({ name }) => settings.scenarios?.includes(name) ?? true);
  // The files of the embedded history go through the ports, too; only git itself reaches a remote on a path.
  for (const history of ['embedded', 'system'] as const) {
    const directory = join(home.path, history);
    await mkdir(directory);
    const scenarios = chosen.filter(({ needsGit = false }) => needsGit === (history === 'system'));
    for (const prepared of await prepareScenarios(scenarios, { ...settings, directory, history }))
      reports.set(prepared.scenario.name, await fillDisk(prepared, { directory, every: settings.every }));
  }
  return reports;
}
