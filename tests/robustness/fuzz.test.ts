import { expect, test } from 'vitest';
import { readCorpus, TARGET_NAMES, targetModule } from '../testkit/fuzz/corpus.ts';
import { fuzz } from '../testkit/fuzz/fuzz.ts';

test.for(TARGET_NAMES)(
  '%s: what mattered once, and some new inputs, are read or refused with a code',
  async name => {
    const { findings, read } = await fuzz(targetModule(name), readCorpus(name), { seed: 1, runs: 150 });
    expect(findings).toEqual([]);
    expect(read).toBeGreaterThan(0); // Or the search would not go beyond the front door.
  },
);

test.for([
  { mistake: 'crash', runs: 2500, problem: /TypeError: cat/ },
  { mistake: 'buffers', runs: 200, problem: /buffers of \d+ bytes/ },
  { mistake: 'steps', runs: 1, problem: /\d+ steps for \d+ bytes/ },
  { mistake: 'heap', runs: 1, problem: /MiB of heap/ },
  { mistake: 'hang', runs: 1, hangSeconds: 2, problem: /it hangs/ },
])('a parser with a planted mistake is found out: $mistake', async ({ mistake, problem, ...effort }) => {
  const module = new URL(`../testkit/fuzz/planted/${mistake}.ts`, import.meta.url);
  const { findings } = await fuzz(module, [], { seed: 1, ...effort });
  expect(findings.map(finding => finding.problem)).toContainEqual(expect.stringMatching(problem));
});

test('a search that goes on for longer than an input may take is no hang', async () => {
  const [name = ''] = TARGET_NAMES;
  const { findings } = await fuzz(targetModule(name), [], { seed: 1, milliseconds: 4000, hangSeconds: 2 });
  expect(findings).toEqual([]);
});
