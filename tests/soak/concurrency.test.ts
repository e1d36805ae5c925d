import { expect, test } from 'vitest';
import { workTogether } from '../testkit/concurrency/work-together.ts';
import { soakSetting } from '../testkit/soak/soak-setting.ts';

const seconds = soakSetting('MGIT_SOAK_SECONDS', 300);
const seed = soakSetting('MGIT_SOAK_SEED', 1);

test('eight processes on shared work trees, linked ones and clones lose nothing to each other', async () => {
  const report = await workTogether({ workers: 8, steps: 10, seconds, seed });
  console.log(report.commits, 'commits;', report.refusals);
  expect(report.problems).toEqual([]);
});
