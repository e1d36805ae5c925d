import type { CommandSpec } from '../command.ts';
import { command as apply } from './stash/apply.ts';
import { command as clear } from './stash/clear.ts';
import { command as drop } from './stash/drop.ts';
import { command as list } from './stash/list.ts';
import { command as pop } from './stash/pop.ts';
import { command as push, run as runPush } from './stash/push.ts';
import { command as show } from './stash/show.ts';

export const command: CommandSpec = {
  name: 'stash',
  summary: 'put changes of models and files away, and bring them back',
  description:
    'Without a subcommand: stash push. A stash is a commit under refs/stash, the same that "git stash list" shows.',
  example: 'mgit stash push -m "half an idea"',
  subcommands: [push, list, show, apply, pop, drop, clear],
  run: (context, input) => runPush(context, { args: [[]], options: input.options }),
};
