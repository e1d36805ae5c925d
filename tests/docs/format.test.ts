import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parsePackId } from '../../src/base/ids.ts';
import { nodeFileSystem } from '../../src/base/ports/node-file-system.ts';
import { parseManifest } from '../../src/store/manifest/read-manifest.ts';
import { readPatch } from '../../src/store/patches/read-patch.ts';
import { EXAMPLE_BASE, EXAMPLE_TUNED, examplePack } from '../testkit/example-pack.ts';
import { digestOf } from '../testkit/layouts.ts';
import { collect, testStore } from '../testkit/stores.ts';

const page = readFileSync('docs/format.md', 'utf8');

function block(language: string): string {
  const found = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(page)?.[1];
  if (found === undefined) throw new Error(`docs/format.md has no block "${language}"`);
  return found;
}

function bytesOf(language: string): Buffer {
  return Buffer.from(block(language).replaceAll(/^[0-9a-f]{4} {2}|\s/gm, ''), 'hex');
}

const documentedPack = bytesOf('pack');

test('the manifest of the documentation is canonical', () => {
  const manifest = parseManifest(Buffer.from(block('manifest')));
  expect(Buffer.from(manifest.text).toString()).toBe(block('manifest'));
  expect(manifest.tensors.map(({ name }) => name)).toEqual(['encoder.weight', 'tied table', 'tied table.T']);
  expect(manifest.tensors.at(0)?.extent.digest).toBe(digestOf(EXAMPLE_TUNED));
});

test('the pack of the documentation is what the writer writes', async () => {
  expect(documentedPack).toEqual(Buffer.from(await examplePack()));
});

test('the pack of the documentation is read as documented', async () => {
  await using home = await testStore();
  const path = join(home.path, 'received');
  await writeFile(path, documentedPack);
  await home.store.importPack(parsePackId(documentedPack.toString('hex', 0x120, 0x140)), path);
  for (const bytes of [EXAMPLE_BASE, EXAMPLE_TUNED])
    expect(await collect(home.store.read(digestOf(bytes)))).toEqual(Buffer.from(bytes));
});

test('the patch of the documentation is read as documented', async () => {
  await using home = await testStore();
  const path = join(home.path, 'example.mpatch');
  await writeFile(path, bytesOf('patch'));
  const { commits, header, objects } = await readPatch(nodeFileSystem(), path);
  expect(commits.map(({ message }) => message)).toEqual(['Hi\n']);
  const after = header.commits[0]?.changes[0]?.after;
  expect(Buffer.from(objects.get(after?.id as never)?.bytes ?? []).toString()).toBe('hi\n');
});
