import { join } from 'node:path';
import { expect, test } from 'vitest';
import { POWER_LOSS_CASES } from '../testkit/power-loss/cases.ts';
import { loseAtEveryBoundary } from '../testkit/power-loss/losses.ts';
import { powerLossWorld } from '../testkit/power-loss/record.ts';
import { soakSetting } from '../testkit/soak/soak-setting.ts';
import { temporaryDirectory } from '../testkit/world.ts';

const subsets = soakSetting('MGIT_SOAK_SUBSETS', 10);
const seed = soakSetting('MGIT_SOAK_SEED', 1);

test.for(POWER_LOSS_CASES)(
  '$name: power lost at every boundary leaves the state before or after it',
  async work => {
    await using home = await temporaryDirectory();
    const fresh = await powerLossWorld(join(home.path, 'fresh'));
    const recorded = await work.record(join(home.path, 'copy'), fresh);
    const { problems } = await loseAtEveryBoundary(recorded, { seed, subsets });
    expect(problems).toEqual([]);
  },
);
