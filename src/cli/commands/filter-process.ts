import { serveFilter } from '../../ops/filter/filter-process.ts';
import type { CommandSpec } from '../command.ts';
import { withRepository } from '../with-repository.ts';

export const command: CommandSpec = {
  name: 'filter-process',
  summary: "serve Git's filter protocol (Git starts this)",
  example: 'git config filter.mgit.process "mgit filter-process"',
  run: context =>
    withRepository(context, async repository => {
      const { io } = context;
      const say = (text: string): void => io.stderr.write(text);
      await serveFilter(repository, { input: io.pipe.input(), write: io.pipe.write, say });
      return { json: null, human: '' };
    }),
};
