import { MgitError } from '../base/errors.ts';
import type { Globals } from './context.ts';
import { type CliIo, paint } from './io.ts';
import { printable } from './views/printable.ts';

/** Says on stderr what happened and what to do, and with `--json` also on stdout. */
export function reportError(io: CliIo, globals: Globals, error: unknown): void {
  const known = error instanceof MgitError ? error : bugOf(error);
  io.stderr.write(`${paint(io, 'red', `error[${known.code}]`)}: ${printable(known.message)}\n`);
  if (known.hint) io.stderr.write(`${paint(io, 'cyan', 'hint')}: ${printable(known.hint)}\n`);
  if (globals.verbose && error instanceof Error) io.stderr.write(`${chainOf(error)}\n`);
  if (globals.json || globals.jsonStream) io.stdout.write(`${JSON.stringify({ error: jsonOf(known) })}\n`);
}

function jsonOf(error: MgitError): object {
  return {
    code: error.code,
    message: error.message,
    ...(error.hint ? { hint: error.hint } : {}),
    ...(error.details ? { details: error.details } : {}),
  };
}

function bugOf(error: unknown): MgitError {
  const message = error instanceof Error ? error.message : String(error);
  return new MgitError('BUG', `unexpected: ${message}`, {
    hint: 'this is a bug in mgit: run again with -v and report the stack',
    cause: error,
  });
}

function chainOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by: ${chainOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
