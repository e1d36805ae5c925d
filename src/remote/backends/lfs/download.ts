import { createHash } from 'node:crypto';
import { MgitError } from '../../../base/errors.ts';
import type { LongOperation } from '../../../base/events.ts';
import { startBackoff } from '../../http/backoff.ts';
import type { PackRange } from '../backend.ts';
import type { Wording } from '../wording.ts';
import type { LfsConnection } from './batch.ts';
import type { LfsAction, LfsObjectId } from './protocol.ts';

/** Finds out how to download an object; `fresh` when the last answer did not work. */
export type FindDownload<Item> = (
  item: Item,
  options: { readonly fresh: boolean; readonly signal: AbortSignal | undefined },
) => Promise<LfsAction>;

/** What a download takes besides the object. */
export interface DownloadSetting<Item> extends LfsConnection {
  readonly find: FindDownload<Item>;
  readonly wording: Wording<Item>;
  /** Told of a server that answers 200 to a Range. */
  readonly onWhole: () => void;
}

/**
 * Bytes of an object from the server. A broken connection is taken up again where it broke; of a server that answers 200 to a Range what
 * comes before is skipped. Errors: as `PackBackend.load`.
 */
export async function* download<Item extends LfsObjectId>(
  setting: DownloadSetting<Item>,
  wanted: { readonly item: Item; readonly range: PackRange | undefined },
  options: LongOperation = {},
): AsyncGenerator<Uint8Array> {
  const { item } = wanted;
  const { offset, length } = wanted.range ?? { offset: 0, length: item.size };
  const backoff = startBackoff(setting.ports, options.signal);
  const hash = createHash('sha256');
  let done = 0;
  for (let fresh = false; done < length; fresh = true) {
    const rest = { offset: offset + done, length: length - done };
    try {
      const action = await setting.find(item, { fresh, signal: options.signal });
      const response = await request(setting, action, { item, rest, options });
      if (response.status === 200 && rest.offset > 0) setting.onWhole();
      for await (const slice of bodyOf(response, rest)) {
        done += slice.length;
        backoff.progressed();
        hash.update(slice);
        yield slice;
      }
      if (done < length) throw new BrokenOff(`the server sent less than ${setting.wording.name(item)} holds`);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isBreak(error)) throw error;
      if (!(await backoff.again())) throw brokenOff(setting.wording.name(item), error);
    }
  }
  if (!wanted.range && hash.digest('hex') !== item.oid) throw corrupt(setting.wording, item);
}

/** The connection ended early; what came is good. */
class BrokenOff extends Error {}

/** The address is no longer good: it is asked for anew. */
class Expired extends BrokenOff {}

function isBreak(error: unknown): error is Error {
  return error instanceof BrokenOff || error instanceof TypeError;
}

async function request<Item extends LfsObjectId>(
  { http, wording }: DownloadSetting<Item>,
  action: LfsAction,
  wanted: { readonly item: Item; readonly rest: PackRange; readonly options: LongOperation },
): Promise<Response> {
  const { item, rest } = wanted;
  const whole = rest.offset === 0 && rest.length === item.size;
  const response = await http.send({
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
  if (response.status === 416) throw corrupt(wording, item);
  const { code, hint } = wording.absent;
  throw new MgitError(code, `the server answered ${response.status} for ${wording.name(item)}`, { hint });
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

function corrupt<Item>(wording: Wording<Item>, item: Item): MgitError {
  return new MgitError('TRANSFER_CORRUPT', `${wording.name(item)} did not arrive as it was pushed`, {
    hint: wording.damagedHint,
  });
}

function brokenOff(name: string, error: Error): MgitError {
  const code = error instanceof Expired ? 'REMOTE_AUTH' : 'REMOTE_UNREACHABLE';
  return new MgitError(code, `the transfer of ${name} broke off: ${error.message}`, {
    hint: 'run the command again: it continues where it stopped',
    cause: error,
  });
}
