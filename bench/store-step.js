// One step of store.ts in a process of its own, on what `npm run build` made, as a user runs it:
// `add <store> <model>` or `restore <store> - <target>`.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodePorts } from '../dist/cli/context.js';
import { openByteSource } from '../dist/formats/byte-source.js';
import { detectFormat } from '../dist/formats/registry.js';
import { parseManifest } from '../dist/store/manifest/read-manifest.js';
import { manifestText } from '../dist/store/manifest/write-manifest.js';
import { openTensorStore } from '../dist/store/open-tensor-store.js';

const [step, directory = '', model = '', target = ''] = process.argv.slice(2);
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
  writeFileSync(manifestPath, manifestText(result.manifest));
} else if (step === 'restore') {
  await store.restoreFile(parseManifest(readFileSync(manifestPath)), target);
} else throw new Error(`unknown step ${step}`);
await store.close();
console.log(`peak ${process.resourceUsage().maxRSS}`);
