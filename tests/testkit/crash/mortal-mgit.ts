/**
 * The mgit program, run by tests in a process of its own. `MGIT_TEST_DEATH` is a {@link Death} as JSON, with `group` where
 * the programs that it started are to die too; `MGIT_TEST_COUNT` names a file for the number of operations. Without them it is `mgit` itself.
 */
import { writeFileSync } from 'node:fs';
import { nodePorts } from '../../../src/cli/context.ts';
import { main, runCli } from '../../../src/cli/main.ts';
import { dyingPorts } from './dying-ports.ts';

const { MGIT_TEST_DEATH: death, MGIT_TEST_COUNT: countFile } = process.env;

if (death === undefined && countFile === undefined) await main();
else {
  const plan = death === undefined ? undefined : JSON.parse(death);
  const target = plan?.group ? -process.pid : process.pid;
  const { ports, count } = dyingPorts(nodePorts(), plan, () => process.kill(target, 'SIGKILL'));
  process.exitCode = await runCli(process.argv.slice(2), { ports });
  if (countFile !== undefined) writeFileSync(countFile, String(count()));
}
