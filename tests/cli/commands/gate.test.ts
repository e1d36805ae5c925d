import { expect, test } from 'vitest';
import type { ProcessPort } from '../../../src/base/ports/process.ts';
import { EVALUATE, gatedWorkTree, POLICY } from '../../testkit/gated-work-tree.ts';
import { runMgit } from '../../testkit/world.ts';

test('a better candidate passes, is reported and verified; a worse one is rejected; neither moves the branch', async () => {
  await using tree = await gatedWorkTree();
  const tip = tree.git('rev-parse', 'main');
  await tree.contribute('better', 700);
  const run = await tree.mgit('gate', 'run', 'better', '--onto', 'main');
  expect(run.stderr).toBe('');
  expect(run.exitCode).toBe(0);
  expect(run.stdout.replaceAll(/\b[0-9a-f]{10}\b/g, '<commit>')).toMatchInlineSnapshot(`
    "digits: pass  (<commit> onto main)
      metric       n  base                     parent1                  candidate
      speed           0.5000                   0.5000                   0.7000
      accuracy  1000  0.5000 [0.4691, 0.5309]  0.5000 [0.4691, 0.5309]  0.7000 [0.6709, 0.7276]
      pass  accuracy within 0.01 of parents  not worse than the parent1 by 0.0100: at worst 0.1800
      pass  accuracy better than base        better than the base: by at least 0.1800

    pass: <commit> onto main
    "
  `);
  const verified = await tree.mgit('gate', 'verify', 'main..better', '--onto', 'main');
  expect(verified.stdout).toContain('digits: pass, signed by alpha');
  expect((await tree.mgit('gate', 'verify', 'better', '--onto', 'main')).exitCode).toBe(0);
  const open = await tree.mgit('gate', 'verify', 'better', '--onto', 'better');
  expect([open.exitCode, open.stdout]).toEqual([
    0,
    'nothing to verify: better is not protected there, or does not move\n',
  ]);

  await tree.contribute('worse', 400);
  const rejected = await tree.mgit('gate', 'run', 'worse', '--onto', 'main', '--json');
  expect(rejected.exitCode).toBe(3);
  expect(rejected.json()).toMatchObject({ verdict: 'fail', gates: [{ gate: 'digits', verdict: 'fail' }] });
  const refused = await tree.mgit('gate', 'verify', 'main..worse', '--onto', 'main');
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain('its verdict is fail');
  expect(tree.git('rev-parse', 'main')).toBe(tip);
});

test('between better and worse lies inconclusive, with its own exit code', async () => {
  await using tree = await gatedWorkTree();
  await tree.contribute('same', 501);
  const run = await tree.mgit('gate', 'run', 'same', '--onto', 'main');
  expect(run.exitCode).toBe(5);
  expect(run.stdout).toContain('1000 items find differences from');
});

test('attempts are counted, listed and shown', async () => {
  await using tree = await gatedWorkTree();
  await tree.contribute('better', 700);
  await tree.mgit('gate', 'run', 'better', '--onto', 'main');
  const again = await tree.mgit('gate', 'run', 'better', '--onto', 'main');
  expect(again.stdout).toContain('attempt 2');
  const log = (await tree.mgit('gate', 'log')).stdout.trim().split('\n');
  expect(log).toHaveLength(2);
  expect(log[0]).toMatch(/digits\/2 +main +pass$/);
  const shown = await tree.mgit('gate', 'show', 'better');
  expect(shown.stdout).toContain('command.device cpu');
  const commit = tree.git('rev-parse', '--short', 'better');
  expect((await tree.mgit('gate', 'show', `${commit}/digits/1`, '--json')).json()).toMatchObject({
    reports: [{ report: { attempt: 1, verdict: 'pass' } }],
  });
  expect((await tree.mgit('gate', 'show', 'main')).stderr).toContain('GATE_REPORT_MISSING');
  expect((await tree.mgit('gate', 'status', '--onto', 'main')).stdout).toContain('main requires digits');
});

test('merge gates its candidate and advances main only on pass; --no-gate is refused', async () => {
  await using tree = await gatedWorkTree();
  await tree.contribute('better', 700);
  await tree.contribute('worse', 400);
  const around = await tree.mgit('merge', 'better', '--no-gate');
  expect(around.exitCode).toBe(1);
  expect(around.stderr).toContain('BRANCH_PROTECTED');
  const before = tree.git('rev-parse', 'main');
  expect((await tree.mgit('merge', 'worse')).exitCode).toBe(3);
  expect(tree.git('rev-parse', 'main')).toBe(before);
  const merged = await tree.mgit('merge', 'better');
  expect(merged.stderr).toBe('');
  expect(merged.exitCode).toBe(0);
  expect(tree.git('rev-parse', 'main')).not.toBe(before);
  expect((await tree.mgit('gate', 'verify', `${before}..main`, '--onto', 'main')).exitCode).toBe(0);
});

test('keys are checked before anything runs', async () => {
  await using tree = await gatedWorkTree();
  await tree.contribute('better', 700);
  await tree.mgit('key', 'generate', 'second');
  const undecided = await tree.mgit('gate', 'run', 'better', '--onto', 'main');
  expect(undecided.exitCode).toBe(6);
  expect(undecided.stderr).toContain('error[GATE_KEY_MISSING]: there are 2 keys to sign with: alpha, second');
  tree.git('config', 'mgit.signingKey', 'second');
  const foreign = await tree.mgit('gate', 'run', 'better', '--onto', 'main');
  expect(foreign.exitCode).toBe(6);
  expect(foreign.stderr).toContain('error[GATE_KEY_UNTRUSTED]');
  expect(foreign.events).toEqual([]);
  tree.git('config', 'mgit.signingKey', 'alpha');
  expect((await tree.mgit('gate', 'run', 'better', '--onto', 'main')).exitCode).toBe(0);
});

test('a contribution that changes policy, keys or scripts needs --allow-policy-change', async () => {
  await using tree = await gatedWorkTree();
  const cheat =
    "import { writeFileSync } from 'node:fs';\nthrow new Error('the candidate must not be run');\n";
  await tree.contribute('cheat', 700, { 'evaluate.mjs': cheat });
  const refused = await tree.mgit('gate', 'run', 'cheat', '--onto', 'main');
  expect(refused.exitCode).toBe(6);
  expect(refused.stderr).toContain(
    'error[GATE_POLICY_CHANGE]: the candidate changes policy, keys or what gates read: evaluate.mjs',
  );
  const allowed = await tree.mgit(
    'gate',
    'run',
    'cheat',
    '--onto',
    'main',
    '--allow-policy-change',
    '--json',
  );
  expect(allowed.exitCode).toBe(0);
  expect(allowed.json()).toMatchObject({
    gates: [{ report: { bindings: { policyChange: true, policyChanges: ['evaluate.mjs'] } } }],
  });
});

test('what keeps a gate from running is an error with a code, never a verdict', async () => {
  const broken = (from: string | RegExp, to: string): ReturnType<typeof gatedWorkTree> =>
    gatedWorkTree({ policy: POLICY.replace(from, to) });
  const cases = [
    { tree: await broken('"evaluate.mjs"', '"-e", "process.exit(9)"'), code: 'GATE_COMMAND_FAILED' },
    { tree: await broken('"node"', '"no-such-program"'), code: 'GATE_COMMAND_FAILED' },
    {
      tree: await broken('    accept:', '    data: [{ path: ../elsewhere.csv }]\n    accept:'),
      code: 'GATE_DATA_MISSING',
    },
    { tree: await broken('margin: 0.01', 'margin: 0.001'), code: 'GATE_UNDERPOWERED' },
    {
      tree: await broken('metric: accuracy, against: base', 'metric: f1, against: base'),
      code: 'GATE_RESULT_INVALID',
    },
  ];
  for (const { tree, code } of cases) {
    await using closing = tree;
    await closing.contribute('better', 700);
    const run = await closing.mgit('gate', 'run', 'better', '--onto', 'main');
    expect(`${run.stdout}${run.stderr}`, code).toContain(`[${code}]`);
    expect(run.exitCode, code).toBe(6);
    expect((await closing.mgit('gate', 'log')).stdout).toBe('there is no gate report yet\n');
  }
});

test('data outside the tree is pinned by digest, and the hint prints it', async () => {
  const withData = (entry: string): string =>
    POLICY.replace('    accept:', `    data: [${entry}]\n    accept:`);
  await using unpinned = await gatedWorkTree({ policy: withData('{ path: ../home/test.csv }') });
  unpinned.write('../home/test.csv', 'a,b\n');
  await unpinned.contribute('better', 700);
  const refused = await unpinned.mgit('gate', 'run', 'better', '--onto', 'main');
  expect(refused.exitCode).toBe(6);
  expect(refused.stderr).toContain('error[GATE_DATA_UNPINNED]');
  const digest = /digest: (sha256:[0-9a-f]{64})/.exec(refused.stderr)?.[1] ?? '';
  expect((await unpinned.mgit('data', 'digest', '../home/test.csv')).stdout.trim()).toBe(digest);

  const reading = `import { readFileSync as read } from 'node:fs';\nread('../home/test.csv');\n${EVALUATE}`;
  await using pinned = await gatedWorkTree({
    policy: withData(`{ path: ../home/test.csv, digest: "${digest}" }`),
    files: { 'evaluate.mjs': reading },
  });
  pinned.write('../home/test.csv', 'a,b\n');
  await pinned.contribute('better', 700);
  expect((await pinned.mgit('gate', 'run', 'better', '--onto', 'main')).exitCode).toBe(0);
  pinned.write('../home/test.csv', 'easier\n');
  const swapped = await pinned.mgit('gate', 'run', 'better', '--onto', 'main');
  expect(swapped.stderr).toContain('error[GATE_DATA_MISMATCH]');

  await using far = await gatedWorkTree({ policy: withData('{ path: ../../home/test.csv }') });
  await far.contribute('better', 700);
  const unreachable = await far.mgit('gate', 'run', 'better', '--onto', 'main');
  expect(unreachable.stderr).toContain('error[GATE_DATA_UNREACHABLE]');
});

test('reviewers are not counted here, and nobody is left to believe it', async () => {
  const policy = POLICY.replace('gates: [digits] }', 'gates: [digits], reviewers: 2 }');
  await using tree = await gatedWorkTree({ policy });
  await tree.contribute('better', 700);
  const run = await tree.mgit('gate', 'run', 'better', '--onto', 'main');
  expect(run.exitCode).toBe(0);
  expect(run.events).toContainEqual(
    expect.objectContaining({ type: 'warning', code: 'REVIEWS_NOT_COUNTED' }),
  );
});

test('seeds of a command are compared over their noise', async () => {
  const policy = POLICY.replace('"{out}"]', '"{out}", "{seed}"]\n    seeds: [1, 2, 3]').replace(
    /accept:.*protect/s,
    'accept:\n      - { metric: speed, against: base, improve: true, stage: probe }\nprotect',
  );
  await using tree = await gatedWorkTree({ policy });
  await tree.contribute('better', 700);
  const run = await tree.mgit('gate', 'run', 'better', '--onto', 'main', '--json');
  expect(run.json()).toMatchObject({
    verdict: 'pass',
    gates: [{ report: { rules: [{ comparisons: [{ method: 'paired-t', n: 3 }] }] } }],
  });
});

test('one run may tell of all models, and a missing GPU is an error', async () => {
  const script = `import { readFileSync, writeFileSync } from 'node:fs';
const [out, ...models] = process.argv.slice(2);
const lines = models.flatMap(entry => {
  const [model, folder] = entry.split('=');
  const bytes = readFileSync(folder + '/model.safetensors');
  const right = bytes.readFloatLE(8 + Number(bytes.readBigUInt64LE(0)));
  return Array.from({ length: 1000 }, (_, id) => JSON.stringify({ id, model, accuracy: id < right }));
});
writeFileSync(out + '/items.jsonl', lines.join('\\n'));
`;
  const command =
    'command: ["node", "all.mjs", "{out}", "base={base}", "parent1={parent1}", "candidate={candidate}"]';
  const policy = POLICY.replace(/command:.*/, command);
  await using tree = await gatedWorkTree({ policy, files: { 'all.mjs': script } });
  await tree.contribute('better', 700);
  expect((await tree.mgit('gate', 'run', 'better', '--onto', 'main')).exitCode).toBe(0);

  const onGpu = POLICY.replace('    accept:', '    gpu: "0"\n    accept:');
  await using without = await gatedWorkTree({ policy: onGpu });
  await without.contribute('better', 700);
  const ports = { ...without.ports, processes: withNvidia(without.ports.processes, undefined) };
  const run = await runMgit(ports, without.path, 'gate', 'run', 'better', '--onto', 'main');
  expect(run.exitCode).toBe(6);
  expect(run.stderr).toContain(
    'error[GATE_ACCELERATOR_MISSING]: gate digits wants GPU 0: nvidia-smi is not here',
  );
});

const TWO_GPUS = `GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-f4944757-03ee-a893-1974-944eb8a8df40)
GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-0d7b1c11-aaaa-bbbb-cccc-944eb8a8df41)
  MIG 1g.10gb     Device  0: (UUID: MIG-11111111-2222-3333-4444-555555555555)
`;

test.each([
  ['0', undefined],
  ['1, 0', undefined],
  ['GPU-0d7b', undefined],
  ['MIG-11111111-2222-3333-4444-555555555555', undefined],
  ['2', '2'],
  ['0,7', '7'],
  ['GPU-ffff', 'GPU-ffff'],
  ['-1', '-1'],
])('of the GPUs %s those must be there that CUDA would pass over', async (gpu, missing) => {
  await using tree = await gatedWorkTree({
    policy: POLICY.replace('    accept:', `    gpu: "${gpu}"\n    accept:`),
  });
  await tree.contribute('better', 700);
  const ports = { ...tree.ports, processes: withNvidia(tree.ports.processes, TWO_GPUS) };
  const run = await runMgit(ports, tree.path, 'gate', 'run', 'better', '--onto', 'main');
  expect(run.exitCode).toBe(missing === undefined ? 0 : 6);
  if (missing !== undefined)
    expect(run.stderr).toContain(
      `error[GATE_ACCELERATOR_MISSING]: gate digits wants GPU ${missing}: nvidia-smi lists 2`,
    );
});

/** A machine whose `nvidia-smi -L` prints this, or that has no such program, whatever this one has. */
function withNvidia(processes: ProcessPort, listed: string | undefined): ProcessPort {
  return {
    ...processes,
    run: request => {
      if (request.command !== 'nvidia-smi') return processes.run(request);
      const [stdout, stderr] = [Buffer.from(listed ?? ''), Buffer.alloc(0)];
      if (listed !== undefined)
        return Promise.resolve({ code: 0, signalName: null, timedOut: false, stdout, stderr });
      return Promise.reject(Object.assign(new Error('spawn nvidia-smi ENOENT'), { code: 'ENOENT' }));
    },
  };
}
