import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** What a program printed. */
export interface ProgramOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; rejects, with what it said, when it fails. */
export async function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<ProgramOutput> {
  try {
    return await execute(command, [...args], { ...options, maxBuffer: 1 << 28 });
  } catch (error) {
    const said = (error as { stderr?: string }).stderr ?? '';
    throw new Error(`${command} ${args.join(' ')} failed: ${said || String(error)}`, { cause: error });
  }
}

/** Fails, and never skips, when a program that a test tier needs is not installed. */
export async function requiredProgram(command: string, ...args: readonly string[]): Promise<void> {
  try {
    await execute(command, args.length > 0 ? [...args] : ['--version']);
  } catch (cause) {
    throw new Error(`these tests need ${command}: install it and run them again`, { cause });
  }
}
