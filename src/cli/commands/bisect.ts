import type { CommandSpec } from '../command.ts';
import { command as log } from './bisect/log.ts';
import { bad, good, skip } from './bisect/mark.ts';
import { command as reset } from './bisect/reset.ts';
import { command as run } from './bisect/run.ts';
import { command as start } from './bisect/start.ts';

export const command: CommandSpec = {
  name: 'bisect',
  summary: 'find the commit that made something bad, by halving',
  description: "State is kept in Git's own files and refs, so that plain git can go on with it.",
  example: 'mgit bisect start HEAD v1.0',
  subcommands: [start, good, bad, skip, run, log, reset],
};
