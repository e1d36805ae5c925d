import type { JsonValue } from '../../base/canonical-json.ts';
import { type Check, examine } from '../../ops/doctor.ts';
import type { CommandSpec } from '../command.ts';
import { type CliIo, paint, table } from '../io.ts';
import { VERSION } from '../version.ts';

export const command: CommandSpec = {
  name: 'doctor',
  summary: 'print what is available here: runtime, Git, accelerators, providers, keys',
  example: 'mgit doctor',
  run: async context => {
    const own: readonly Check[] = [
      { name: 'mgit', status: 'present', detail: VERSION },
      {
        name: 'node',
        status: 'present',
        detail: `${process.versions.node} on ${process.platform}-${process.arch}, ${context.ports.parallelism} threads`,
      },
    ];
    const checks = [...own, ...(await examine(context.ports))];
    return {
      json: { checks } as unknown as JsonValue,
      human: table(checks.map(check => row(context.io, check))),
    };
  },
};

function row(io: CliIo, check: Check): string[] {
  const mark = check.status === 'present' ? paint(io, 'green', '✓') : paint(io, 'yellow', '-');
  return [
    mark,
    check.name,
    check.neededFor ? `${check.detail} (needed for ${check.neededFor})` : check.detail,
  ];
}
