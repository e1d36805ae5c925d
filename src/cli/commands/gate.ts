import type { CommandSpec } from '../command.ts';
import { log } from './gate/log.ts';
import { run } from './gate/run.ts';
import { show } from './gate/show.ts';
import { status } from './gate/status.ts';
import { verify } from './gate/verify.ts';

export const command: CommandSpec = {
  name: 'gate',
  summary: 'decide by measurement what may become the tip of a protected branch',
  example: 'mgit gate run better-digits --onto main',
  subcommands: [run, status, show, verify, log],
};
