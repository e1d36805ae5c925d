import type { CommandSpec } from '../command.ts';
import { command as apply } from './patch/apply.ts';
import { command as create } from './patch/create.ts';
import { command as show } from './patch/show.ts';

export const command: CommandSpec = {
  name: 'patch',
  summary: 'carry commits and the tensors they changed in one file, by mail or otherwise',
  example: 'mgit patch create main..topic -o topic.mpatch',
  subcommands: [create, show, apply],
};
