import { isSystemError, MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import type { Ports } from '../../base/ports/ports.ts';
import type { SpawnResult } from '../../base/ports/process.ts';
import { openModel } from '../../formats/open-model.ts';
import { type CommandRecipe, DEFAULT_SEED } from '../recipe/recipe.ts';
import { fillPlaceholders } from './placeholders.ts';

/** A run of the user's own training command. All paths are absolute. */
export interface RunCommandOptions extends LongOperation {
  readonly ports: Pick<Ports, 'fs' | 'processes'>;
  readonly recipe: CommandRecipe;
  /** Where the command runs. */
  readonly root: string;
  readonly modelPath: string;
  readonly outputPath: string;
  /** A path at which the command may leave its metrics: a JSON object of numbers. */
  readonly metricsPath: string;
  readonly configPath: string | undefined;
  readonly dataPath: string | undefined;
}

/** Seconds, where the recipe says nothing. */
const DEFAULT_TIMEOUT = 86_400;
/** Bytes of output that an error quotes. */
const QUOTED = 2000;

/**
 * Runs the command of a recipe and checks that it wrote a model; returns the metrics it left, if any. Its output is passed on line by
 * line. Errors: `COMMAND_MISSING`, `COMMAND_FAILED`, `COMMAND_TIMEOUT`, `COMMAND_NO_MODEL`, `COMMAND_METRICS`, those of the model's format.
 */
export async function runCommand(options: RunCommandOptions): Promise<Readonly<Record<string, number>>> {
  const { ports, recipe, root, onEvent } = options;
  const [command = '', ...args] = recipe.command.map(word => fillPlaceholders(word, valuesOf(options)));
  const tail = { text: '' };
  const listen = lineListener(line => {
    tail.text = `${tail.text}${line}\n`.slice(-QUOTED);
    onEvent?.({ type: 'step', message: line });
  });
  const result = await ports.processes
    .run({
      command,
      args,
      cwd: root,
      timeoutMs: (recipe.timeout ?? DEFAULT_TIMEOUT) * 1000,
      ...(options.signal ? { signal: options.signal } : {}),
      onStdout: listen,
      onStderr: listen,
    })
    .catch((cause: unknown) => {
      throw isSystemError(cause, 'ENOENT', 'EACCES') ? missing(command, cause) : cause;
    });
  checkResult(result, { command, tail: tail.text });
  await checkModel(options);
  return readMetrics(options);
}

function valuesOf(options: RunCommandOptions): Readonly<Record<string, string | undefined>> {
  const { recipe } = options;
  return {
    model: options.modelPath,
    out: options.outputPath,
    metrics: options.metricsPath,
    config: options.configPath,
    data: options.dataPath,
    seed: String(recipe.seed ?? DEFAULT_SEED),
    steps: recipe.steps === undefined ? undefined : String(recipe.steps),
  };
}

/** Cuts what a program prints into lines, whatever the pieces in which it arrives. */
function lineListener(onLine: (line: string) => void): (chunk: Uint8Array) => void {
  const decoder = new TextDecoder();
  let rest = '';
  return chunk => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  };
}

function checkResult(result: SpawnResult, said: { readonly command: string; readonly tail: string }): void {
  if (result.timedOut)
    throw new MgitError('COMMAND_TIMEOUT', `${said.command} took longer than the recipe's timeout`, {
      hint: 'raise `timeout` (seconds) in the recipe',
    });
  if (result.code === 0) return;
  const how = result.code === null ? `was ended by ${result.signalName}` : `ended with status ${result.code}`;
  throw new MgitError('COMMAND_FAILED', `${said.command} ${how}:\n${said.tail.trimEnd()}`);
}

function missing(command: string, cause: unknown): MgitError {
  return new MgitError('COMMAND_MISSING', `the program ${command} cannot be started`, {
    cause,
    hint: 'install it, or correct the first word of `command` in the recipe',
  });
}

async function checkModel({ ports, outputPath }: RunCommandOptions): Promise<void> {
  try {
    await using _model = await openModel(ports.fs, outputPath);
  } catch (cause) {
    if (!isSystemError(cause, 'ENOENT')) throw cause;
    throw new MgitError('COMMAND_NO_MODEL', 'the command ended well but wrote no model to {out}', {
      cause,
      hint: 'let the command write its result to the path that {out} stands for',
    });
  }
}

async function readMetrics({ ports, metricsPath }: RunCommandOptions): Promise<Record<string, number>> {
  const bytes = await ports.fs.readFile(metricsPath).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (bytes === undefined) return {};
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const entries = Object.entries(parsed as Record<string, unknown>);
    if (entries.every(([, value]) => Number.isFinite(value)))
      return Object.fromEntries(entries) as Record<string, number>;
  } catch (cause) {
    throw new MgitError('COMMAND_METRICS', `{metrics} holds no JSON: ${(cause as Error).message}`, { cause });
  }
  throw new MgitError('COMMAND_METRICS', '{metrics} must hold a JSON object whose values are finite numbers');
}
