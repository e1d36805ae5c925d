import { createHash } from 'node:crypto';
import { MgitError } from '../../../base/errors.ts';
import type { LongOperation } from '../../../base/events.ts';
import { startBackoff } from '../../http/backoff.ts';
import type { PackPointer } from '../../pointer.ts';
import type { PackRange } from '../backend.ts';
import type { LfsConnection } from './batch.ts';
import type { LfsAction } from './protocol.ts';

/** Finds out how to download an object; `fresh` when the last answer did not work. */
export type FindDownload = (
  pointer: PackPointer,
  options: { readonly fresh: boolean; readonly signal: AbortSignal | undefined },
) => Promise<LfsAction>;

/**
 * Bytes of a pack from the server. A broken connection is taken up again where it broke; a server that answers 200 to a Range sends what is
 * skipped, and `onWhole` is told. Errors: as `PackBackend.load`.
 */
export async function* download(
  connection: LfsConnection & { readonly onWhole: () => void },
  find: FindDownload,
  wanted: { readonly pointer: PackPointer; readonly range: PackRange | undefined },
  options: LongOperation = {},
): AsyncGenerator<Uint8Array> {
  const { offset, length } = wanted.range ?? { offset: 0, length: wanted.pointer.size };
  const backoff = startBackoff(connection.ports, options.signal);
  const hash = createHash('sha256');
  let done = 0;
  for (let fresh = false; done < length; fresh = true) {
    const rest = { offset: offset + done, length: length - done };
    try {
      const action = await find(wanted.pointer, { fresh, signal: options.signal });
      const response = await request(connection, action, { pointer: wanted.pointer, rest, options });
      if (response.status === 200 && rest.offset > 0) connection.onWhole();
      for await (const slice of bodyOf(response, rest)) {
        done += slice.length;
        backoff.progressed();
        hash.update(slice);
        yield slice;
      }
      if (done < length) throw new BrokenOff('the server sent less than the pack holds');
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isBreak(error)) throw error;
      if (!(await backoff.again())) throw brokenOff(wanted.pointer, error);
    }
  }
  if (!wanted.range && hash.digest('hex') !== wanted.pointer.oid) throw corrupt(wanted.pointer);
}

/** The connection ended early; what came is good. */
class BrokenOff extends Error {}

/** The address is no longer good: it is asked for anew. */
class Expired extends BrokenOff {}

function isBreak(error: unknown): error is Error {
  return error instanceof BrokenOff || error instanceof TypeError;
}

async function request(
  connection: LfsConnection,
  action: LfsAction,
  wanted: { readonly pointer: PackPointer; readonly rest: PackRange; readonly options: LongOperation },
): Promise<Response> {
  const { pointer, rest } = wanted;
  const whole = rest.offset === 0 && rest.length === pointer.size;
  const response = await connection.http.send({
    method: 'GET',
    url: action.href,
    headers: {
      'accept-encoding': 'identity',
      ...action.header,
      ...(whole ? {} : { range: `bytes=${rest.offset}-${rest.offset + rest.length - 1}` }),
    },
    signal: wanted.options.signal,
  });
  if (response.status === 200 || response.status === 206) return response;
  await response.body?.cancel();
  if (response.status === 401 || response.status === 403)
    throw new Expired(`the server answered ${response.status}`);
  if (response.status === 416) throw corrupt(pointer);
  throw new MgitError('PACK_NOT_ON_REMOTE', `the server answered ${response.status} for pack ${pointer.id}`, {
    hint: 'ask someone who has the pack to run mgit push again',
  });
}

/** Exactly the rest, or less where the connection breaks off. */
async function* bodyOf(response: Response, rest: PackRange): AsyncGenerator<Uint8Array> {
  if (!response.body) return;
  let skip = rest.offset - startOf(response);
  if (skip < 0) throw new BrokenOff('the server sent another range than asked for');
  let missing = rest.length;
  for await (const chunk of response.body) {
    const from = Math.min(skip, chunk.length);
    skip -= from;
    const slice = chunk.subarray(from, from + missing);
    missing -= slice.length;
    if (slice.length > 0) yield slice;
    if (missing === 0) return; // Leaving the loop cancels what the server would still send.
  }
}

function startOf(response: Response): number {
  if (response.status === 200) return 0;
  const match = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '');
  if (!match) throw new BrokenOff('the server sent a part without saying which');
  return Number(match[1]);
}

function corrupt(pointer: PackPointer): MgitError {
  return new MgitError('TRANSFER_CORRUPT', `pack ${pointer.id} did not arrive as it was pushed`, {
    hint: 'run the command again; if it stays so, the pack is damaged on the server: push it again from a clone that has it',
  });
}

function brokenOff(pointer: PackPointer, error: Error): MgitError {
  const code = error instanceof Expired ? 'REMOTE_AUTH' : 'REMOTE_UNREACHABLE';
  return new MgitError(code, `the transfer of pack ${pointer.id} broke off: ${error.message}`, {
    hint: 'run the command again: it continues where it stopped',
    cause: error,
  });
}
