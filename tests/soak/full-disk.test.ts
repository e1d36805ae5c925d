import { expect, test } from 'vitest';
import { fillDiskOften } from '../testkit/crash/full-disk.ts';

test('a disk that is full from any operation on is told of, and loses nothing', async () => {
  const reports = await fillDiskOften({ every: 1, megabytes: 4 });
  for (const { problems, failures, operations } of reports.values()) {
    expect(problems).toEqual([]);
    expect(failures).toBeGreaterThan(operations / 2);
  }
});
