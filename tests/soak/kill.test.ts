import { expect, test } from 'vitest';
import { killMany } from '../testkit/crash/kill-many.ts';
import { soakSetting } from '../testkit/soak/soak-setting.ts';

const kills = soakSetting('MGIT_SOAK_KILLS', 500);
const seed = soakSetting('MGIT_SOAK_SEED', 1);

test.for(['system', 'embedded'] as const)(
  'commands killed at random, with the %s history, leave the state before or after them',
  async history => {
    const report = await killMany({ kills: Math.ceil(kills / 2), seed, megabytes: 4, history });
    expect(report.problems).toEqual([]);
    expect(report.killed).toBeGreaterThan(kills / 4);
  },
);
