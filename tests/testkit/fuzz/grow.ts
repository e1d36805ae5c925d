import { parseArgs } from 'node:util';
import { readCorpus, TARGET_NAMES, targetModule, writeCorpus } from './corpus.ts';
import { fuzz } from './fuzz.ts';

/** `node tests/testkit/fuzz/grow.ts [--seconds N] [--seed N] [target...]`: searches, and keeps what it found in `tests/fixtures/fuzz/`. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } },
});
for (const name of positionals.length > 0 ? positionals : TARGET_NAMES) {
  const known = readCorpus(name);
  const milliseconds = Number(values.seconds) * 1000;
  const result = await fuzz(targetModule(name), known, {
    seed: Number(values.seed),
    milliseconds,
  });
  writeCorpus(name, result);
  console.log(`${name}: ${result.runs} runs, ${result.features} features, ${result.corpus.length} inputs`);
  for (const { problem, input } of result.findings)
    console.log(`  ${problem}\n    ${Buffer.from(input).toString('hex').slice(0, 400)}`);
}
