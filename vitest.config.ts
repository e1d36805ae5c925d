import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

const DATA_TESTS = 'tests/**/*.data.test.ts';
const data = resolve(import.meta.dirname, process.env.MGIT_TEST_DATA ?? '../shared/data');
const hasData = existsSync(data);
if (!hasData)
  console.warn(
    `Public test data is absent: ${data}. Tests named *.data.test.ts are left out; MGIT_TEST_DATA names another folder.`,
  );

/** One project per tier: `unit` is fast; `robustness` breaks things for a minute or two; `servers` needs real servers; `python` a virtual environment; `arm64` an emulator; `soak` takes hours. */
const tier = (name: string, include: string[], testTimeout: number, exclude: string[] = []) => ({
  test: {
    name,
    include,
    exclude: ['**/node_modules/**', ...exclude],
    testTimeout,
    hookTimeout: testTimeout,
    pool: 'forks' as const,
  },
});

/** `sitecustomize.py` says why. */
const PYTHONPATH = [resolve(import.meta.dirname, 'tests/python/site'), process.env.PYTHONPATH]
  .filter(Boolean)
  .join(delimiter);

export default defineConfig({
  test: {
    // Tests mostly wait for the disk and for other programs: one more than there are cores keeps them busy.
    maxWorkers: availableParallelism() + 1,
    projects: [
      tier('unit', ['tests/**/*.test.ts'], 60_000, [
        'tests/robustness/**',
        'tests/servers/**',
        'tests/arm64/**',
        'tests/python/**',
        'tests/soak/**',
        ...(hasData ? [] : [DATA_TESTS]),
      ]),
      tier('robustness', ['tests/robustness/**/*.test.ts'], 300_000),
      tier('servers', ['tests/servers/**/*.test.ts'], 180_000),
      { test: { ...tier('python', ['tests/python/**/*.test.ts'], 300_000).test, env: { PYTHONPATH } } },
      tier('arm64', ['tests/arm64/**/*.test.ts'], 900_000),
      tier('soak', ['tests/soak/**/*.test.ts'], 3_600_000),
    ],
  },
});
