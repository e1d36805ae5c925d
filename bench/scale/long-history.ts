import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodePorts } from '../../src/cli/context.ts';
import { openByteSource } from '../../src/formats/byte-source.ts';
import { detectFormat } from '../../src/formats/registry.ts';
import { openTensorStore } from '../../src/store/open-tensor-store.ts';
import { manyTensors } from './many-tensors.ts';
import { git, mgit } from './programs.ts';

/** How long a history is made. A pack holds what one version of the model changed. */
export interface HistoryShape {
  readonly commits: number;
  readonly packs: number;
}

const TENSORS = 64;

/**
 * Makes a repository whose `main` has so many commits, of which every n-th changes the model and the others a text. `side` lies one version
 * of the model back. The packs are written by the store, the commits by `git fast-import`.
 */
export async function makeLongHistory(directory: string, shape: HistoryShape): Promise<void> {
  mgit('.', 'system', ['init', '-q', directory]);
  mgit(directory, 'system', ['track', '*.safetensors']);
  const manifests = await storeVersions(directory, shape.packs);
  git(directory, ['fast-import', '--quiet'], importStream(shape, manifests));
  git(directory, ['symbolic-ref', 'HEAD', 'refs/heads/main']);
  git(directory, ['read-tree', 'HEAD']);
  writeFileSync(join(directory, '.git/mgit/operations.jsonl'), operationLines(shape.commits));
  mgit(directory, 'system', ['reset', '--hard', '-q']);
}

/** The texts of the manifests of `count` versions, each in a pack of its own. */
async function storeVersions(directory: string, count: number): Promise<readonly Uint8Array[]> {
  const ports = nodePorts();
  const evaluateRecipe = (): never => {
    throw new Error('this benchmark has no recipes');
  };
  const model = manyTensors(TENSORS);
  const path = join(directory, 'version');
  const texts: Uint8Array[] = [];
  for (let version = 0; version < count; version++) {
    model.change(version % TENSORS, TENSORS);
    model.write(path);
    await using source = await openByteSource(ports.fs, path);
    const layout = await (await detectFormat(source)).parse(source);
    // A store of its own for each: one store would look through all packs again after each.
    const store = openTensorStore({ ports, directory: join(directory, '.git/mgit'), evaluateRecipe });
    texts.push((await store.addFile(source, layout, { coding: 'raw' })).manifest.text);
    await store.close();
  }
  await ports.fs.removeFile(path);
  return texts;
}

/** Source: git-fast-import(1). */
function importStream({ commits, packs }: HistoryShape, manifests: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const text = (...lines: string[]): void => void parts.push(Buffer.from(`${lines.join('\n')}\n`));
  const data = (bytes: Uint8Array): void => {
    text(`data ${bytes.length}`);
    parts.push(bytes, Buffer.from('\n'));
  };
  const every = Math.floor(commits / packs);
  for (let at = 0; at < commits; at++) {
    text('commit refs/heads/main', `mark :${at + 1}`);
    text(`committer Bench <bench@example.org> ${1_700_000_000 + at * 60} +0000`);
    data(Buffer.from(`Commit number ${at}\n`));
    if (at === 0) {
      text('M 100644 inline .gitattributes');
      data(Buffer.from('*.safetensors filter=mgit diff=mgit merge=mgit -text\n'));
    }
    const version = Math.floor(at / every);
    const isOfModel = at % every === 0 && version < packs;
    text(`M 100644 inline ${isOfModel ? 'model.safetensors' : 'notes.txt'}`);
    data(isOfModel ? (manifests[version] as Uint8Array) : Buffer.from(`note ${at}\n`));
  }
  text('reset refs/heads/side', `from :${commits - every}`, '');
  return Buffer.concat(parts);
}

/** As many operations as commits: what a repository that was made by mgit would have recorded. */
function operationLines(count: number): string {
  const head = { before: { branch: 'refs/heads/main' }, after: { branch: 'refs/heads/main' } };
  const id = '0123456789012345678901234567890123456789';
  const refs = [{ ref: 'refs/heads/main', old: id, new: id }];
  return Array.from({ length: count }, (_, at) => {
    const kind = { command: `commit: Commit number ${at}`, time: 1_700_000_000_000 + at, files: 'kept' };
    return `${JSON.stringify({ id: at + 1, ...kind, head, refs })}\n`;
  }).join('');
}
