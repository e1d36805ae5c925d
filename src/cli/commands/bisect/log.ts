import { readBisectLog, requireBisect } from '../../../ops/bisect/bisect-state.ts';
import type { CommandSpec } from '../../command.ts';
import { withRepository } from '../../with-repository.ts';

export const command: CommandSpec = {
  name: 'log',
  summary: 'what was done so far',
  example: 'mgit bisect log',
  run: context =>
    withRepository(context, async repository => {
      const { bad, good, skipped, start } = await requireBisect(repository);
      const log = (await readBisectLog(repository)).trimEnd();
      return { json: { start, bad: bad ?? null, good: [...good], skipped: [...skipped], log }, human: log };
    }),
};
