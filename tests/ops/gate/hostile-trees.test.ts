import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { embeddedFiles, embeddedPolicy } from '../../testkit/embedded-gate.ts';
import { type GatedWorkTree, gatedWorkTree } from '../../testkit/gated-work-tree.ts';

/** Runs git on what no filter may see. */
function plumb(tree: GatedWorkTree, args: readonly string[], input: string | Uint8Array = ''): string {
  const env = tree.ports.env as NodeJS.ProcessEnv;
  return execFileSync('git', args, { cwd: tree.path, env, input }).toString().trim();
}

/** A commit on `parent` whose tree has these lines, in the form of `git ls-tree`. */
function commitOf(tree: GatedWorkTree, lines: readonly string[], parent = 'main'): string {
  const id = plumb(tree, ['mktree'], lines.map(line => `${line}\n`).join(''));
  return plumb(tree, ['commit-tree', id, '-p', parent], 'made by hand\n');
}

function linesOf(tree: GatedWorkTree, revision: string): readonly string[] {
  return plumb(tree, ['ls-tree', revision]).split('\n');
}

function blobOf(tree: GatedWorkTree, text: string): string {
  return plumb(tree, ['hash-object', '-w', '--stdin'], text);
}

/** A tree object as Git would not write it, and a commit of it on `main`'s tip. */
function hostileCommit(tree: GatedWorkTree, entries: readonly (readonly [string, string, string])[]): string {
  const bytes = Buffer.concat(
    entries.flatMap(([mode, name, id]) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]),
  );
  const id = plumb(tree, ['hash-object', '-t', 'tree', '-w', '--stdin', '--literally'], bytes);
  return plumb(tree, ['commit-tree', id, '-p', 'main'], 'hostile\n');
}

/** A tree with a file that gates check out. */
function plantedFolder(tree: GatedWorkTree): string {
  return plumb(tree, ['mktree'], `100644 blob ${blobOf(tree, '{}')}\tconfig.json\n`);
}

test.for([
  ['..', 'leads out'],
  ['.git', "is Git's own"],
  ['a/b', 'holds a slash'],
  ['', 'is empty'],
] as const)('attack: a tree whose entry %j %s is not gated', async ([name]) => {
  await using tree = await gatedWorkTree();
  const candidate = hostileCommit(tree, [['40000', name, plantedFolder(tree)]]);
  const run = await tree.mgit('gate', 'run', candidate, '--onto', 'main');
  expect(run.stderr).toContain('error[TREE_INVALID]');
  expect(run.exitCode).toBe(1);
});

test('attack: a link and a folder of one name are not gated', async () => {
  await using tree = await gatedWorkTree();
  const candidate = hostileCommit(tree, [
    ['120000', 'out', blobOf(tree, '/tmp')],
    ['40000', 'out', plantedFolder(tree)],
  ]);
  const run = await tree.mgit('gate', 'run', candidate, '--onto', 'main');
  expect(run.stderr).toContain('occurs twice in a tree');
});

test('attack: data behind a symbolic link in the tree is outside, and must be pinned', async () => {
  const policy = embeddedPolicy('mode: probe, recipe: recipes/probe.yaml', '');
  await using tree = await gatedWorkTree({ policy, files: embeddedFiles() });
  const files = linesOf(tree, 'main').filter(line => !line.endsWith('\tdata'));
  const outside = join(tree.home, 'elsewhere');
  mkdirSync(outside);
  for (const [name, bytes] of Object.entries(embeddedFiles()))
    if (name.startsWith('data/')) writeFileSync(join(outside, name.slice('data/'.length)), bytes);
  rmSync(join(tree.path, 'data'), { recursive: true });
  symlinkSync(outside, join(tree.path, 'data'));
  const linked = [...files, `120000 blob ${blobOf(tree, outside)}\tdata`];
  tree.git('update-ref', 'refs/heads/main', commitOf(tree, linked));
  const run = await tree.mgit('gate', 'run', commitOf(tree, linked), '--onto', 'main');
  expect(run.stderr).toContain("error[GATE_DATA_UNPINNED]: data is not in the target's tree");
  expect(run.exitCode).toBe(6);
});

test('a candidate without the model is an error of the gate, not of mgit', async () => {
  const policy = embeddedPolicy('mode: probe, recipe: recipes/probe.yaml', '');
  await using tree = await gatedWorkTree({ policy, files: embeddedFiles() });
  const files = linesOf(tree, 'main').filter(line => !line.endsWith('\tmodel.safetensors'));
  const candidate = commitOf(tree, files);
  const run = await tree.mgit('gate', 'run', candidate, '--onto', 'main');
  expect(run.stdout).toContain('[GATE_MODEL_MISSING]');
  expect(run.exitCode).toBe(6);
});
