/**
 * One step of `store.ts` in a process of its own: `add <store> <model>` or `restore <store> - <target>`. Prints its seconds and the peak of
 * its memory.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodePorts } from '../src/cli/context.ts';
import { openByteSource } from '../src/formats/byte-source.ts';
import { detectFormat } from '../src/formats/registry.ts';
import { parseManifest } from '../src/store/manifest/read-manifest.ts';
import { openTensorStore } from '../src/store/open-tensor-store.ts';

const [step, directory = '', model = '', target = ''] = process.argv.slice(2);
const start = process.hrtime.bigint();
const ports = nodePorts();
const store = openTensorStore({
  ports,
  directory,
  evaluateRecipe: () => {
    throw new Error('this benchmark has no recipes');
  },
});
const manifestPath = join(directory, 'manifest');

if (step === 'add') {
  await using source = await openByteSource(ports.fs, model);
  const layout = await (await detectFormat(source)).parse(source);
  const base = existsSync(manifestPath) ? parseManifest(readFileSync(manifestPath)) : undefined;
  const result = await store.addFile(source, layout, base ? { base } : {});
  writeFileSync(manifestPath, result.manifest.text);
} else if (step === 'restore') {
  await store.restoreFile(parseManifest(readFileSync(manifestPath)), target);
} else throw new Error(`unknown step ${step}`);
await store.close();
console.log(
  `seconds ${Number(process.hrtime.bigint() - start) / 1e9} peak ${process.resourceUsage().maxRSS}`,
);
