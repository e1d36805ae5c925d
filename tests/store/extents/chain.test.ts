import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Digest } from '../../../src/base/ids.ts';
import { memoryByteSource } from '../../../src/formats/byte-source.ts';
import type { Manifest } from '../../../src/store/manifest/manifest.ts';
import { CHAIN_LIMITS } from '../../../src/store/packs/limits.ts';
import type { TensorStore } from '../../../src/store/tensor-store.ts';
import { bytesOf, modelFile, testStore, weights } from '../../testkit/stores.ts';

const BASE = weights(2000);

async function depthOf(store: TensorStore, digest: Digest): Promise<number> {
  const below = (await store.describe(digest))?.dependsOn ?? [];
  const depths = await Promise.all(below.map(base => depthOf(store, base)));
  return depths.length === 0 ? 0 : 1 + Math.max(...depths);
}

test('add never makes a chain longer than readers accept, whatever it is based on', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 3 }), { minLength: 12, maxLength: 16 }), async picks => {
      await using world = await testStore();
      const manifests: Manifest[] = [];
      let deepest = 0;
      for (const [step, back] of picks.entries()) {
        const data = bytesOf(BASE.map(value => value + step * 1e-7));
        const file = modelFile([{ name: 'w', dtype: 'F32', shape: [BASE.length], data }]);
        const base = manifests.at(-1 - back) ?? manifests.at(-1);
        const options = base ? { base } : {};
        const { manifest } = await world.store.addFile(memoryByteSource(file.bytes), file.layout, options);
        manifests.push(manifest);
        for (const { digest } of manifest.extents)
          deepest = Math.max(deepest, await depthOf(world.store, digest));
      }
      expect(deepest).toBeGreaterThan(0);
      expect(deepest).toBeLessThanOrEqual(CHAIN_LIMITS.depth);
      for await (const problem of world.store.verify()) expect.unreachable(problem.message);
    }),
    { numRuns: 8, examples: [[Array.from({ length: 14 }, () => 0)]] },
  );
});
