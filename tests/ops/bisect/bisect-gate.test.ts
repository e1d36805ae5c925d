import { expect, test } from 'vitest';
import { embeddedFiles, tinyModel } from '../../testkit/embedded-gate.ts';
import { scene } from '../../testkit/scene.ts';

const POLICY = `version: 1
models:
  - path: model.safetensors
    graph: { architecture: mlp, config: config.json }
gates:
  - name: tiny
    eval: { task: image-classification, data: data, metrics: [accuracy, loss] }
    accept: [{ metric: accuracy, against: base, improve: true }]
  - name: script
    command: ["true"]
`;

test("a gate's evaluation finds the commit that spoiled the model, without a checkout", async () => {
  await using day = await scene('embedded');
  await day.mgit('track', '*.safetensors');
  for (const [path, content] of Object.entries(embeddedFiles())) await day.write(path, content);
  await day.write('mgit.yaml', POLICY);
  const ids: string[] = [];
  for (const confidence of [4, 3, 2, -2, -3]) {
    await day.write('model.safetensors', tinyModel(confidence));
    await day.mgit('add', '.');
    ids.push(JSON.parse(await day.mgit('commit', '-m', `${confidence}`, '--json')).commit.id);
  }
  await day.mgit('bisect', 'start', 'HEAD', ids[0] as string);
  const before = await day.read('model.safetensors');
  const run = await day.attempt('bisect', 'run', '--gate', 'tiny');
  expect(run.stdout).toContain(`${ids[3]} is the first bad commit`);
  expect(run.events).toContainEqual(
    expect.objectContaining({ message: expect.stringContaining('accuracy 0.') }),
  );
  expect(await day.read('model.safetensors')).toEqual(before);
  const fails = async (...words: string[]): Promise<string> => {
    await day.mgit('bisect', 'start', 'HEAD', ids[0] as string);
    return (await day.attempt('bisect', 'run', ...words)).stderr;
  };
  expect(await fails('--gate', 'none')).toContain('error[GATE_UNKNOWN]');
  expect(await fails('--gate', 'script')).toContain('error[BISECT_GATE_UNSUPPORTED]');
  expect(await fails('--gate', 'tiny', '--metric', 'none')).toContain('error[METRIC_UNKNOWN]');
  expect(await fails('--gate', 'tiny', '--threshold', 'x')).toContain('error[USAGE]');
  await day.mgit('bisect', 'start', ids[2] as string, ids[0] as string);
  expect((await day.attempt('bisect', 'run', '--gate', 'tiny')).stderr).toContain('error[BISECT_INDISTINCT]');
});
