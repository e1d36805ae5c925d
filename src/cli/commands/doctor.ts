import type { JsonValue } from '../../base/canonical-json.ts';
import { isMgitError } from '../../base/errors.ts';
import { type Check, examine } from '../../ops/doctor.ts';
import { examineRepository } from '../../ops/doctor-repository.ts';
import { openRepository } from '../../ops/repository.ts';
import type { CommandSpec } from '../command.ts';
import type { CliContext } from '../context.ts';
import { type CliIo, paint, table } from '../io.ts';
import { VERSION } from '../version.ts';

export const command: CommandSpec = {
  name: 'doctor',
  summary: 'print what is available here, and how plain git stands to the models of a repository',
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
    const checks = [...own, ...(await examine(context.ports)), ...(await ofRepository(context))];
    return {
      json: { checks } as unknown as JsonValue,
      human: table(checks.map(check => row(context.io, check))),
    };
  },
};

/** Nothing outside a repository. */
async function ofRepository({ ports, cwd }: CliContext): Promise<readonly Check[]> {
  try {
    await using repository = await openRepository(ports, cwd);
    return await examineRepository(repository);
  } catch (error) {
    if (isMgitError(error, 'NOT_A_REPOSITORY')) return [];
    throw error;
  }
}

function row(io: CliIo, check: Check): string[] {
  const mark = check.status === 'present' ? paint(io, 'green', '✓') : paint(io, 'yellow', '-');
  return [
    mark,
    check.name,
    check.neededFor ? `${check.detail} (needed for ${check.neededFor})` : check.detail,
  ];
}
