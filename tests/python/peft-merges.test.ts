import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodePorts } from '../../src/cli/context.ts';
import { extractAdapter } from '../../src/ops/adapters/extract-adapter.ts';
import { mergeAdapters } from '../../src/ops/adapters/merge-adapters.ts';
import { runPython } from '../testkit/python.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../testkit/world.ts';

const SCRIPT = join(import.meta.dirname, 'peft_merges.py');
const ports = nodePorts();
let place: TemporaryDirectory;
beforeAll(async () => {
  place = await temporaryDirectory();
  runPython(SCRIPT, 'make', place.path);
});
afterAll(() => place[Symbol.asyncDispose]());

test.each([
  ['cat', {}],
  ['svd', { rank: 3 }],
  ['linear', {}],
] as const)('adapters merged by %s do what those that PEFT merges do', async (method, more) => {
  const request = {
    cwd: place.path,
    adapters: ['a', 'b'],
    weights: [0.7, 0.4],
    method,
    out: `merged-${method}`,
    ...more,
  };
  await mergeAdapters(ports, request);
  expect(runPython(SCRIPT, 'check', place.path, method)).toBe('same\n');
});

test('PEFT makes the tuned model of the base and the extracted adapter', async () => {
  await extractAdapter(ports, { cwd: place.path, base: 'base', model: 'tuned', rank: 4, out: 'extracted' });
  expect(runPython(SCRIPT, 'extracted', place.path)).toBe('same\n');
});
