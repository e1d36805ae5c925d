import { Command, CommanderError, Option } from 'commander';
import { isSystemError, MgitError } from '../base/errors.ts';
import type { Ports } from '../base/ports/ports.ts';
import type { CommandInput, CommandOutcome, CommandSpec } from './command.ts';
import { COMMANDS } from './commands/registry.ts';
import { type CliContext, type Globals, nodeIo, nodePorts, startDirectory } from './context.ts';
import { reportError } from './errors.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { keepHeapSmall } from './heap.ts';
import type { CliIo } from './io.ts';
import { systemFailure } from './system-failure.ts';
import { VERSION } from './version.ts';
import { printable } from './views/printable.ts';
import type { EventView } from './views/progress.ts';

/** The entry of the `mgit` program: sets the exit code of the process. */
export async function main(): Promise<void> {
  keepHeapSmall();
  const argv = process.argv.slice(2);
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort(new MgitError('INTERRUPTED', 'interrupted')));
  for (const stream of [process.stdout, process.stderr]) stream.on('error', outputFailed);
  const status = await runCli(argv.length === 0 ? ['--help'] : argv, { signal: abort.signal });
  process.exitCode ??= status; // Unless output has failed, which may be known before or after.
}

/** A reader that has gone (`mgit log | head`) ends the output, not the command; anything else lost what was asked for. */
function outputFailed(cause: Error): void {
  if (isSystemError(cause, 'EPIPE')) return;
  process.exitCode = EXIT.failed;
  const error = new MgitError('OUTPUT_FAILED', `the output could not be written: ${cause.message}`, {
    cause,
  });
  reportError(nodeIo(false), { json: false, jsonStream: false, quiet: false, verbose: false }, error);
}

/** Parses and runs one command line; returns the exit status. `world` replaces the real one in tests. */
export async function runCli(argv: readonly string[], world?: Partial<CliContext>): Promise<number> {
  const state: RunState = {
    io: world?.io ?? nodeIo(argv.includes('--no-color') ? false : undefined),
    globals: scanGlobals(argv),
    argv,
    world,
    exitCode: EXIT.done,
  };
  try {
    const program = await buildProgram(argv, state);
    await program.parseAsync([...argv], { from: 'user' });
    return state.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return usageStatus(error, state);
    const failure = systemFailure(error);
    reportError(state.io, state.globals, failure);
    return exitCodeOf(failure);
  }
}

interface RunState {
  readonly io: CliIo;
  globals: Globals;
  readonly argv: readonly string[];
  readonly world: Partial<CliContext> | undefined;
  exitCode: number;
}

/** Loads only the command that is asked for: the others are names and summaries. */
async function buildProgram(argv: readonly string[], state: RunState): Promise<Command> {
  const program = root(state);
  const wanted = commandNameOf(argv);
  for (const entry of COMMANDS) {
    const hidden = entry.hidden === true;
    if (entry.name === wanted) {
      const spec = await entry.load();
      if (hasPassThrough(spec)) program.enablePositionalOptions(); // Or our own options would be taken out of theirs.
      program.addCommand(commandOf(spec, state), { hidden });
    } else program.command(entry.name, { hidden }).description(entry.summary);
  }
  return program;
}

function root(state: RunState): Command {
  const program = globalOptions(configured(new Command('mgit'), state));
  program.description('Git for model checkpoints').option('--version', 'print the version');
  program.on('option:version', () => {
    deliver({ json: { version: VERSION }, human: VERSION }, state);
    throw new CommanderError(EXIT.done, 'mgit.version', VERSION);
  });
  program.addHelpText('after', '\nExample:\n  $ mgit status');
  program.showHelpAfterError(false).showSuggestionAfterError(true);
  return program;
}

function globalOptions(command: Command): Command {
  return command
    .option('-C <dir>', 'run as if started in <dir>')
    .option('--json', 'one JSON document on stdout')
    .option('--json-stream', 'events as JSON lines on stdout, the result last')
    .option('-q, --quiet', 'no progress and no messages')
    .option('-v, --verbose', 'more detail, stacks of errors')
    .option('--no-color', 'no colours');
}

function configured(command: Command, state: RunState): Command {
  return command.exitOverride().configureOutput({
    writeOut: text => state.io.stdout.write(text),
    writeErr: () => {}, // Reported by usageStatus, with a code and as JSON where asked.
  });
}

/** Turns a spec into Commander's form. Exported for the documentation and the completion scripts. */
export function commandOf(spec: CommandSpec, state: RunState): Command {
  const command = configured(new Command(spec.name), state).description(spec.summary);
  if (hasPassThrough(spec)) command.enablePositionalOptions().passThroughOptions(spec.passThrough === true);
  for (const argument of spec.arguments ?? []) command.argument(argument.name, argument.description);
  for (const option of spec.options ?? []) command.addOption(optionOf(option));
  for (const sub of spec.subcommands ?? []) command.addCommand(commandOf(sub, state));
  globalOptions(command);
  command.addHelpText(
    'after',
    `${spec.description ? `\n${spec.description}\n` : ''}\nExample:\n  $ ${spec.example}`,
  );
  if (spec.run) command.action((...values: unknown[]) => perform(spec, command, values, state));
  return command;
}

function hasPassThrough(spec: CommandSpec): boolean {
  return spec.passThrough === true || (spec.subcommands ?? []).some(hasPassThrough);
}

function optionOf(spec: NonNullable<CommandSpec['options']>[number]): Option {
  const option = new Option(spec.flags, spec.description);
  if (spec.choices) option.choices([...spec.choices]);
  if (spec.repeatable)
    option.argParser((value: string, previous: string[] | undefined) => [...(previous ?? []), value]);
  return option;
}

async function perform(
  spec: CommandSpec,
  command: Command,
  values: unknown[],
  state: RunState,
): Promise<void> {
  const args = values.slice(0, command.registeredArguments.length) as (string | string[] | undefined)[];
  const ports = state.world?.ports ?? nodePorts();
  const options = command.optsWithGlobals();
  state.globals = { ...state.globals, quiet: options.quiet === true, verbose: options.verbose === true }; // Bundled ones, too: -qm.
  if (spec.passThrough)
    state.globals = {
      ...state.globals,
      json: options.json === true,
      jsonStream: options.jsonStream === true,
    };
  const view = await eventView(state, ports);
  const context = contextOf(options, state, { ports, onEvent: view.onEvent });
  const outcome = await spec.run?.(context, inputOf(command, args, state)).finally(() => view.finish());
  if (outcome) deliver(spec.confirms && state.globals.quiet ? quietly(outcome) : outcome, state);
}

function inputOf(command: Command, args: CommandInput['args'], state: RunState): CommandInput {
  const dashes = state.argv.indexOf('--');
  const options = command.opts();
  return dashes < 0 ? { args, options } : { args, options, afterDashes: state.argv.slice(dashes + 1) };
}

/** Without the confirmation; what did not simply succeed is still said. */
function quietly(outcome: CommandOutcome): CommandOutcome {
  return (outcome.exitCode ?? EXIT.done) === EXIT.done ? { ...outcome, human: '' } : outcome;
}

function deliver(outcome: CommandOutcome, state: RunState): void {
  state.exitCode = outcome.exitCode ?? EXIT.done;
  if (state.globals.jsonStream)
    state.io.stdout.write(`${JSON.stringify({ type: 'result', result: outcome.json })}\n`);
  else if (state.globals.json) state.io.stdout.write(`${JSON.stringify(outcome.json, null, 2)}\n`);
  else if (outcome.human !== '') {
    // Into a pipe goes the text as it is: a diff must stay one.
    const { stdout } = state.io;
    stdout.write(`${stdout.isTty ? printable(outcome.human) : outcome.human}\n`);
  }
}

type World = Pick<CliContext, 'ports' | 'onEvent'>;

function contextOf(options: Record<string, unknown>, state: RunState, world: World): CliContext {
  const start = typeof options.C === 'string' ? options.C : undefined;
  return {
    ...world,
    io: state.io,
    cwd: startDirectory(state.world?.cwd, start),
    globals: state.globals,
    signal: state.world?.signal ?? new AbortController().signal,
  };
}

async function eventView(state: RunState, ports: Ports): Promise<EventView> {
  const finish = async (): Promise<void> => {};
  if (state.world?.onEvent) return { onEvent: state.world.onEvent, finish };
  if (state.globals.jsonStream)
    return { onEvent: event => state.io.stdout.write(`${JSON.stringify(event)}\n`), finish };
  if (state.globals.quiet) return { onEvent: () => {}, finish };
  return (await import('./views/progress.ts')).progressView(state.io, ports.clock);
}

function usageStatus(error: CommanderError, state: RunState): number {
  if (error.exitCode === 0) return EXIT.done;
  // Of a group of commands that was named alone, Commander would show the help on stderr.
  const isBareGroup = error.code === 'commander.help';
  const message = isBareGroup ? 'which of its commands?' : error.message.replace(/^error: /, '');
  reportError(
    state.io,
    state.globals,
    new MgitError('USAGE', message, { hint: 'see mgit <command> --help' }),
  );
  return EXIT.usage;
}

/** The first word that is neither an option nor the value of one. */
function commandNameOf(argv: readonly string[]): string | undefined {
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] as string;
    if (word === '-C') index++;
    else if (word === 'help') return argv[index + 1];
    else if (!word.startsWith('-')) return word;
  }
  return undefined;
}

/** Global options count wherever they stand, also before an error in the rest of the line. */
function scanGlobals(argv: readonly string[]): Globals {
  const before = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  const has = (...names: string[]): boolean => names.some(name => before.includes(name));
  return {
    json: has('--json'),
    jsonStream: has('--json-stream'),
    quiet: has('-q', '--quiet'),
    verbose: has('-v', '--verbose'),
  };
}
