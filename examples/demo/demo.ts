import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { generateDigits } from '../digits/generate.ts';
import { newActor } from './actor.ts';
import { answered, chapter, proved } from './narrator.ts';
import * as story from './story.ts';

const { values: options } = parseArgs({
  options: { data: { type: 'string' }, keep: { type: 'boolean', default: false } },
});

/** Runs the whole story in a temporary directory, and ends with exit code 1 if anything is not as told. */
async function main(): Promise<void> {
  const started = performance.now();
  const root = mkdtempSync(join(tmpdir(), 'mgit-demo-'));
  try {
    prepareData(join(root, 'data'));
    await tell(root);
    console.log(`\nThe whole story took ${((performance.now() - started) / 1000).toFixed(0)} s.`);
  } finally {
    if (options.keep) console.log(`Everything is kept in ${root}`);
    else rmSync(root, { recursive: true, force: true });
  }
}

async function tell(root: string): Promise<void> {
  await using server = await story.startServer(join(root, 'server'));
  const maintainer = newActor(root, 'maintainer');
  const contributors = [newActor(root, 'contributor-low'), newActor(root, 'contributor-high')] as const;
  await story.commitBase(maintainer);
  await story.protectMain(maintainer);
  await story.share(maintainer, server);
  await story.contribute(contributors[0], server, 'low-digits');
  await story.contribute(contributors[1], server, 'high-digits');
  const landed = await story.mergeBehindGate(maintainer);
  await story.pushMerge(maintainer, server);
  await story.refuseSabotage(newActor(root, 'saboteur'), maintainer, { server, landed });
  await story.verifyElsewhere(newActor(root, 'stranger'), maintainer, server);
  await story.publish(maintainer);
}

/** MNIST's own files where `--data` names them, digits drawn on the spot otherwise. */
function prepareData(folder: string): void {
  chapter('Data', 'Training and test images in the IDX layout of MNIST.');
  if (options.data === undefined) {
    generateDigits(folder, { train: 6000, test: 4000 });
    answered('6,000 training and 4,000 test digits were drawn by examples/digits (deterministic).');
  } else {
    const source = resolve(options.data);
    if (!existsSync(source)) throw new Error(`--data ${options.data}: no such folder`);
    symlinkSync(source, folder, 'junction');
    answered(`MNIST files of ${options.data}`);
  }
  proved('nothing is downloaded, everything runs on this machine');
}

await main();
