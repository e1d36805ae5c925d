import type { CommandSpec } from '../command.ts';
import { extract } from './adapter/extract.ts';
import { merge } from './adapter/merge.ts';

export const command: CommandSpec = {
  name: 'adapter',
  summary: 'merge LoRA adapters with each other, or make one of what a fine-tuning changed',
  example: 'mgit adapter merge math code --out both',
  subcommands: [merge, extract],
};
