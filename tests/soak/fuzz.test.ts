import { expect, test } from 'vitest';
import { readCorpus, TARGET_NAMES, targetModule } from '../testkit/fuzz/corpus.ts';
import { fuzz } from '../testkit/fuzz/fuzz.ts';
import { soakSetting } from '../testkit/soak/soak-setting.ts';

const seconds = soakSetting('MGIT_SOAK_FUZZ_SECONDS', 120);
const seed = soakSetting('MGIT_SOAK_FUZZ_SEED', 2);

test.for(TARGET_NAMES)('%s: nothing new crashes, hangs or swallows memory', async name => {
  const result = await fuzz(targetModule(name), readCorpus(name), { seed, milliseconds: seconds * 1000 });
  console.log(`${name}: ${result.runs} inputs, ${result.features} features`);
  expect(result.findings).toEqual([]);
});
