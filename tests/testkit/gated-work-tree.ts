import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Ports } from '../../src/base/ports/ports.ts';
import { safetensorsFile } from './safetensors-file.ts';
import { type CliRun, runMgit, temporaryDirectory, testPorts } from './world.ts';

/** A program that "evaluates" a model of one tensor `right`: that many of a thousand items are right. */
export const EVALUATE = `import { readFileSync, writeFileSync } from 'node:fs';
const [model, out, seed = '0'] = process.argv.slice(2);
const bytes = readFileSync(model + '/model.safetensors');
const right = bytes.readFloatLE(8 + Number(bytes.readBigUInt64LE(0)));
const items = Array.from({ length: 1000 }, (_, id) => JSON.stringify({ id, accuracy: id < right }));
writeFileSync(out + '/items.jsonl', items.join('\\n'));
writeFileSync(out + '/metrics.json', JSON.stringify({ device: 'cpu', speed: right / 1000 + Number(seed) / 1e4 }));
`;

export const POLICY = `version: 1
gates:
  - name: digits
    command: ["node", "evaluate.mjs", "{model}", "{out}"]
    accept:
      - { metric: accuracy, against: parents, margin: 0.01 }
      - { metric: accuracy, against: base, improve: true }
protect:
  main: { gates: [digits] }
`;

/** A person's work tree whose main branch is protected by a command gate. */
export interface GatedWorkTree extends AsyncDisposable {
  readonly path: string;
  readonly home: string;
  readonly ports: Ports;
  mgit(...argv: string[]): Promise<CliRun>;
  git(...argv: string[]): string;
  /** Writes a file in the work tree. */
  write(path: string, content: string | Uint8Array): void;
  /** A branch from main with a model that is right on so many items. */
  contribute(branch: string, right: number, files?: Readonly<Record<string, string>>): Promise<void>;
}

/** A model file that the evaluation finds right on so many of its thousand items. */
export function modelRightOn(right: number): Uint8Array {
  const data = new Uint8Array(Float32Array.of(right).buffer);
  return safetensorsFile([{ name: 'right', dtype: 'F32', shape: [1], data }]);
}

/** Makes it: base model right on 500 items, policy, script, one trusted key. */
export async function gatedWorkTree(
  options: { readonly policy?: string; readonly files?: Readonly<Record<string, string | Uint8Array>> } = {},
): Promise<GatedWorkTree> {
  const root = await temporaryDirectory();
  const [home, path] = [join(root.path, 'home'), join(root.path, 'work')];
  mkdirSync(home);
  mkdirSync(path);
  const ports = testPorts(home);
  const mgit = (...argv: string[]): Promise<CliRun> => runMgit(ports, path, ...argv);
  const must = async (...argv: string[]): Promise<void> => {
    const run = await mgit(...argv);
    if (run.exitCode !== 0) throw new Error(`mgit ${argv.join(' ')}: ${run.stderr}`);
  };
  const write = (name: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  };
  await must('init');
  await must('track', '*.safetensors');
  write('mgit.yaml', options.policy ?? POLICY);
  write('evaluate.mjs', EVALUATE);
  write('model.safetensors', modelRightOn(500));
  for (const [name, content] of Object.entries(options.files ?? {})) write(name, content);
  await must('key', 'generate', 'alpha');
  await must('key', 'trust', 'alpha');
  await must('add', '.');
  await must('commit', '-m', 'Protect main');
  return {
    path,
    home,
    ports,
    mgit,
    write,
    git: (...argv) =>
      execFileSync('git', argv, { cwd: path, env: ports.env as NodeJS.ProcessEnv, encoding: 'utf8' }).trim(),
    contribute: async (branch, right, files = {}) => {
      await must('switch', '-c', branch, 'main');
      write('model.safetensors', modelRightOn(right));
      for (const [name, content] of Object.entries(files)) write(name, content);
      await must('add', '.');
      await must('commit', '-m', branch);
      await must('switch', 'main');
    },
    [Symbol.asyncDispose]: () => root[Symbol.asyncDispose](),
  };
}
