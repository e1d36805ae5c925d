import type { CommandSpec } from '../command.ts';

/** A command's name and summary, and how to load the rest of it. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<CommandSpec>;
}

/** All commands, in the order of `mgit --help`. Loaded on use, so that one command does not pay for all. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'diff',
    summary: 'show how far each tensor moved, and the lines that changed in other files',
    load: async () => (await import('./diff.ts')).command,
  },
  {
    name: 'doctor',
    summary: 'print what is available here: runtime, Git, accelerators, providers, keys',
    load: async () => (await import('./doctor.ts')).command,
  },
];
