import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { diskUsage } from '../../../src/ops/maintenance/du.ts';
import { verifyCommit } from '../../../src/ops/maintenance/verify-commit.ts';
import { digestOf } from '../../testkit/layouts.ts';
import { modelRepository, noiseTensor } from '../../testkit/model-repository.ts';
import { temporaryDirectory, testPorts } from '../../testkit/world.ts';

const A = noiseTensor('a', 1, 2000);
const B = noiseTensor('b', 2, 3000);

test('a commit is recomputed and compared; damage below a recipe shows', async () => {
  await using home = await temporaryDirectory();
  await using repository = await modelRepository(testPorts(home.path), join(home.path, 'repo'));
  const base = await repository.commitModel('main', [A]);
  await repository.commitRecipe('main', [base], A);
  expect(await verifyCommit(repository, 'main')).toMatchObject({
    ...{ models: 1, extents: 2, recomputed: 1, failures: [] },
  });
  const pack = (await repository.store.describe(digestOf(A.data)))?.packs[0];
  const path = repository.store.packPath(pack as NonNullable<typeof pack>);
  const bytes = await readFile(path);
  const at = bytes.indexOf(A.data.subarray(0, 64));
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
  const { failures } = await verifyCommit(repository, 'main');
  expect(failures).toMatchObject([{ path: 'model.bin', tensors: ['a'], code: 'EXTENT_CORRUPT' }]);
});

test('bytes are counted by kind, branch and tensor, with what is computed from others', async () => {
  await using home = await temporaryDirectory();
  await using repository = await modelRepository(testPorts(home.path), join(home.path, 'repo'));
  const base = await repository.commitModel('main', [A]);
  await repository.commitModel('side', [A, B], [base]);
  await repository.commitRecipe('main', [base], A);
  const usage = await diskUsage(repository, { tensors: 1 });
  expect(usage.packs).toBe(3);
  expect(usage.kinds.map(({ kind }) => kind)).toEqual(['raw', 'recipe']);
  const [main, side] = usage.branches;
  expect(main).toMatchObject({ branch: 'main', exclusive: { storedBytes: expect.any(Number) } });
  expect(main?.exclusive.storedBytes).toBeLessThan(100); // The skeleton: a recipe takes no frames.
  expect(side?.exclusive.storedBytes).toBeGreaterThanOrEqual(3000);
  expect(side?.all.storedBytes).toBeGreaterThanOrEqual(5000);
  expect(usage.tensors).toMatchObject([{ path: 'model.bin', tensor: 'a', bytes: 2000, storedBytes: 0 }]);
  expect(usage.reachable.storedBytes + usage.unreachableBytes).toBe(usage.packBytes);
});
