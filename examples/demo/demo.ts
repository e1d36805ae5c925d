import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installProgram, newActor } from './actor.ts';
import { poisonData, prepareData } from './data.ts';
import * as story from './story.ts';

const USAGE = 'usage: npm run demo -- [--data <folder of MNIST files>] [--keep]';

const options = readOptions();

function readOptions(): { readonly data?: string; readonly keep: boolean } {
  try {
    return parseArgs({ options: { data: { type: 'string' }, keep: { type: 'boolean', default: false } } })
      .values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    process.exit(2);
  }
}

/** Runs the whole story in a temporary directory, and ends with exit code 1 if anything is not as told. */
async function main(): Promise<void> {
  const started = performance.now();
  const root = mkdtempSync(join(tmpdir(), 'mgit-demo-'));
  try {
    installProgram(join(root, 'bin'));
    prepareData(join(root, 'data'), options.data);
    poisonData(join(root, 'data'), join(root, 'poisoned'));
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

await main();
