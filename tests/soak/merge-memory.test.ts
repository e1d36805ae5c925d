import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { mgit } from '../../bench/scale/programs.ts';
import { writeBigModel } from '../testkit/soak/big-model.ts';
import { soakSetting } from '../testkit/soak/soak-setting.ts';
import { temporaryDirectory } from '../testkit/world.ts';

const MIB = 1024 * 1024;
const LIMIT_MIB = 512;
const tensorMib = soakSetting('MGIT_SOAK_TENSOR_MIB', 4096);
/** One of each kind: what is read once, what measures first, what ranks, draws, elects. */
const METHODS = [
  'linear',
  'task_arithmetic',
  'ties',
  'dare_ties',
  'della',
  'breadcrumbs',
  'sce',
  'model_stock',
  'consensus',
  'ram',
];
const MODELS = ['a', 'b', 'c', 'd'];

const place = await temporaryDirectory();
afterAll(() => place[Symbol.asyncDispose]());
const file = (name: string): string => `${name}.safetensors`;

test('a base and four models of one large tensor', async () => {
  for (const [seed, name] of ['base', ...MODELS].entries())
    await writeBigModel(
      { path: join(place.path, file(name)), tensors: 1, tensorBytes: tensorMib * MIB },
      { seed, changes: () => seed > 0 },
    );
});

test.each(METHODS)('are merged by %s in a bounded memory', async method => {
  const models = MODELS.map(file).join(', ');
  const base = method === 'linear' ? '' : `base: ${file('base')}\n`;
  const density = /ties|della/.test(method) ? 'parameters: { density: 0.3 }\n' : '';
  await writeFile(
    join(place.path, 'r.yaml'),
    `version: 1\n${base}models: [${models}]\nmethod: ${method}\n${density}`,
  );
  const { peakMiB, seconds } = mgit(place.path, 'system', [
    'merge',
    '--recipe',
    'r.yaml',
    '--out',
    'out.safetensors',
    '--force',
  ]);
  console.log(`${method}: ${peakMiB} MiB, ${Math.round(seconds)} s`);
  await rm(join(place.path, 'out.safetensors'));
  expect(peakMiB).toBeLessThan(LIMIT_MIB);
});
