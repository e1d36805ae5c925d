import type { LongOperation } from '../base/events.ts';
import { type OpenRepositoryOptions, openRepository, type Repository } from '../ops/repository.ts';
import type { CommandOutcome } from './command.ts';
import type { CliContext } from './context.ts';

/** Runs a command on the repository of the current directory, and closes it. What hooks print goes to stderr. */
export async function withRepository(
  context: CliContext,
  run: (repository: Repository) => Promise<CommandOutcome>,
  options: Pick<OpenRepositoryOptions, 'expectedBytes'> = {},
): Promise<CommandOutcome> {
  const onOutput = (text: string): void => context.io.stderr.write(text);
  const repository = await openRepository(context.ports, context.cwd, { ...options, onOutput });
  await using _closing = repository;
  return await run(repository); // Awaited here: the repository closes on return.
}

/** What long operations take from a command's context. */
export function longOperation(context: CliContext): Required<LongOperation> {
  return { onEvent: context.onEvent, signal: context.signal };
}
