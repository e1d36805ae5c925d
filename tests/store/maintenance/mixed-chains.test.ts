import { expect, test } from 'vitest';
import type { Digest, PackId } from '../../../src/base/ids.ts';
import type { LocalPacks } from '../../../src/store/extents/local-packs.ts';
import { mixedChains } from '../../../src/store/maintenance/mixed-chains.ts';
import { CHAIN_LIMITS } from '../../../src/store/packs/limits.ts';
import type { PackEntry } from '../../../src/store/packs/pack-index.ts';
import { encodeRecipe } from '../../../src/store/packs/recipe-parameters.ts';
import { RECORD_KINDS } from '../../../src/store/packs/records.ts';

const LENGTH = 4 << 20;
const digest = (number: number) => number.toString(16).padStart(64, '0') as Digest;

function entry(of: Digest, kind: number, parameters: Uint8Array): PackEntry {
  return { digest: of, length: LENGTH, kind, parameters } as PackEntry;
}

const plain = (of: Digest) => entry(of, RECORD_KINDS.planes, new Uint8Array());
const xor = (of: Digest, base: Digest) => entry(of, RECORD_KINDS.xor, Buffer.from(base, 'hex'));
const recipe = (of: Digest, inputs: readonly Digest[]) =>
  entry(
    of,
    RECORD_KINDS.recipe,
    encodeRecipe({
      method: 'linear',
      kernels: 1,
      dtype: 'F32',
      length: LENGTH,
      inputs: inputs.map(input => ({ digest: input, dtype: 'F32', length: LENGTH })),
      parameters: {},
    }),
  );

/** The chains of one pack with these records. */
function chainsOf(entries: readonly PackEntry[]) {
  const index = { entryCount: entries.length, entryAt: (position: number) => entries[position] };
  return mixedChains({ open: async () => ({ index }) } as unknown as LocalPacks, ['pack' as PackId]);
}

test('what is recomputed from many extents bounds how much work each of them may become', async () => {
  const [merged, old, older] = [digest(1), digest(2), digest(3)];
  const inputs = Array.from({ length: 31 }, (_, at) => digest(100 + at));
  const chains = await chainsOf([recipe(merged, inputs), xor(old, older), ...[older, ...inputs].map(plain)]);
  const coded = inputs.filter(input => {
    const allowed = chains.allows(input, old, LENGTH);
    if (allowed) chains.add(input, old, LENGTH);
    return allowed;
  });
  // The recipe's own work is 1 + 31; each input that is coded against a chain of two adds 2.
  expect(coded).toHaveLength((CHAIN_LIMITS.work - 32) / 2);
  expect(coded).toEqual(inputs.slice(0, coded.length));
});

test('a record that adds nothing is allowed where the bound is reached', async () => {
  const inputs = Array.from({ length: 62 }, (_, at) => digest(100 + at));
  const [first, second] = inputs as [Digest, Digest];
  const chains = await chainsOf([
    recipe(digest(1), inputs),
    xor(first, digest(2)),
    ...[digest(2), ...inputs.slice(1)].map(plain),
  ]);
  expect(chains.allows(second, digest(2), LENGTH)).toBe(false);
  expect(chains.allows(first, digest(2), LENGTH)).toBe(true);
});
