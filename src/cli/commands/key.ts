import type { CommandSpec } from '../command.ts';
import { generate } from './key/generate.ts';
import { list } from './key/list.ts';
import { trust } from './key/trust.ts';

export const command: CommandSpec = {
  name: 'key',
  summary: 'make, list and trust the keys that sign gate reports',
  example: 'mgit key generate laptop',
  subcommands: [generate, list, trust],
};
