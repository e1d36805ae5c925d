import type { JsonValue } from '../base/canonical-json.ts';
import type { CliContext } from './context.ts';

/** A positional argument, in Commander's notation: `<required>`, `[optional]`, `[many...]`. */
export interface ArgumentSpec {
  readonly name: string;
  readonly description: string;
}

/** An option, in Commander's notation: `-m, --message <text>`, `--[no-]gate`. `repeatable` collects values in an array. */
export interface OptionSpec {
  readonly flags: string;
  readonly description: string;
  readonly repeatable?: boolean;
  readonly choices?: readonly string[];
}

/** What the user typed, parsed. Options by their camel-cased long name. */
export interface CommandInput {
  readonly args: readonly (string | readonly string[] | undefined)[];
  readonly options: Readonly<Record<string, unknown>>;
  /** What stood after `--`; it is in `args`, too. Undefined without `--`. */
  readonly afterDashes?: readonly string[];
}

/** What a command answers. The framework prints `human` on stdout, or `json` with `--json`. */
export interface CommandOutcome {
  readonly json: JsonValue;
  /** Complete text for a person, without a trailing line feed; empty prints nothing. */
  readonly human: string;
  /** Default 0. A command that fails throws instead, except where a verdict has its own status (gates, conflicts). */
  readonly exitCode?: number;
}

/** One command: one file in `src/cli/commands/`, listed in `src/cli/commands/registry.ts`. */
export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  /** More for `--help`, between summary and options. */
  readonly description?: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  /** One command line a user would type, shown by `--help`. */
  readonly example: string;
  /** What it prints when it succeeds only confirms what was done: `-q` leaves it out. */
  readonly confirms?: true;
  /** What follows the first argument is not ours: another program's options may be among it. */
  readonly passThrough?: true;
  readonly subcommands?: readonly CommandSpec[];
  readonly run?: (context: CliContext, input: CommandInput) => Promise<CommandOutcome>;
}

/** Reads an option that takes text. */
export function textOption(input: CommandInput, name: string): string | undefined {
  const value = input.options[name];
  return typeof value === 'string' ? value : undefined;
}

/** Reads an option that is a switch. */
export function flagOption(input: CommandInput, name: string): boolean {
  return input.options[name] === true;
}

/** Reads a repeatable option, or one that takes several values. */
export function listOption(input: CommandInput, name: string): readonly string[] {
  const value = input.options[name];
  if (Array.isArray(value)) return value.map(String);
  return typeof value === 'string' ? [value] : [];
}

/** Reads a positional argument that takes one value. */
export function textArgument(input: CommandInput, index: number): string | undefined {
  const value = input.args[index];
  return typeof value === 'string' ? value : undefined;
}

/** Reads a positional argument that takes the rest. */
export function listArgument(input: CommandInput, index: number): readonly string[] {
  const value = input.args[index];
  return Array.isArray(value) ? value.map(String) : [];
}
