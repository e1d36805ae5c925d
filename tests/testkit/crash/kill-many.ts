import { join } from 'node:path';
import { createRandom } from '../../../src/base/random.ts';
import { temporaryDirectory } from '../world.ts';
import { crash, drawBlow, prepareScenarios } from './crash.ts';
import { CRASH_SCENARIOS } from './scenarios.ts';
import { STORE_SCENARIOS } from './store-scenarios.ts';

/** How much is killed, and what. */
export interface KillSettings {
  readonly kills: number;
  readonly seed: number;
  readonly megabytes: number;
  readonly history: 'embedded' | 'system';
  /** Names of scenarios; default all. */
  readonly scenarios?: readonly string[];
}

/** What came of it. Each problem names the seed's number of its kill, the command and the blow. */
export interface KillReport {
  readonly killed: number;
  readonly locks: number;
  readonly problems: readonly string[];
}

/** Kills the everyday commands one after another; the seed decides where. */
export async function killMany(settings: KillSettings): Promise<KillReport> {
  await using folder = await temporaryDirectory();
  const random = createRandom(settings.seed, 'kill');
  const chosen = [...CRASH_SCENARIOS, ...STORE_SCENARIOS].filter(
    ({ name, needsGit }) =>
      (settings.scenarios?.includes(name) ?? true) && (settings.history === 'system' || !needsGit),
  );
  const scenarios = await prepareScenarios(chosen, { ...settings, directory: folder.path });
  const report = { killed: 0, locks: 0, problems: [] as string[] };
  for (let at = 0; at < settings.kills; at++) {
    const prepared = scenarios[at % scenarios.length];
    if (prepared === undefined) break;
    const blow = drawBlow(random, prepared);
    const outcome = await crash(prepared, blow, join(folder.path, `crash-${at}`));
    report.killed += outcome.killed ? 1 : 0;
    report.locks += outcome.locks.length;
    const where = `kill ${at}, mgit ${prepared.scenario.argv.join(' ')}, ${JSON.stringify(blow)}`;
    report.problems.push(...outcome.problems.map(problem => `${where}: ${problem}`));
  }
  return report;
}
