import type { CommandSpec } from '../command.ts';
import { table } from '../io.ts';
import { VERSION } from '../version.ts';

export const command: CommandSpec = {
  name: 'doctor',
  summary: 'print what is available here: runtime, Git, accelerators, providers, keys',
  example: 'mgit doctor',
  run: async context => {
    const checks = [
      { name: 'mgit', value: VERSION },
      { name: 'node', value: process.versions.node },
      { name: 'threads', value: String(context.ports.parallelism) },
    ];
    return { json: { checks }, human: table(checks.map(check => [check.name, check.value])) };
  },
};
