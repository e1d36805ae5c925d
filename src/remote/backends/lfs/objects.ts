import { MgitError } from '../../../base/errors.ts';
import type { LongOperation } from '../../../base/events.ts';
import type { PackRange } from '../backend.ts';
import type { Wording } from '../wording.ts';
import { batch, type LfsConnection } from './batch.ts';
import { download, type FindDownload } from './download.ts';
import type { LfsAction, LfsAnswer, LfsObjectId } from './protocol.ts';

/** An address that expires within this time is asked for anew. */
const EXPIRY_MARGIN_MS = 10_000;

/** Objects of a Git LFS server, to be read. Errors: as {@link download} and {@link batch}. */
export interface LfsObjects<Item extends LfsObjectId> {
  /** Bytes in order, whole or a range; resumes where the connection breaks. A whole read is checked against the digest at its end. */
  load(item: Item, range?: PackRange, options?: LongOperation): AsyncIterable<Uint8Array>;
  /** Of these objects, those that are there. */
  has(items: readonly Item[], options?: LongOperation): Promise<readonly Item[]>;
  ignoresRanges(): boolean;
}

/** Source: Git LFS Batch API with the basic transfer adapter. */
export function lfsObjects<Item extends LfsObjectId>(
  connection: LfsConnection,
  wording: Wording<Item>,
): LfsObjects<Item> {
  const known = new Map<string, LfsAction>();
  const find = downloadFinder(connection, known, wording);
  let ignoresRanges = false;
  const onWhole = (): void => {
    ignoresRanges = true;
  };
  return {
    load: (item, range, options) =>
      download({ ...connection, onWhole, find, wording }, { item, range }, options),
    ignoresRanges: () => ignoresRanges,
    has: async (items, options) => {
      const answers = await batch(connection, 'download', items, options?.signal);
      const there = items.filter((_, index) => isThere(answers[index]));
      for (const { oid, actions } of answers) if (actions.download) known.set(oid, actions.download);
      return there;
    },
  };
}

function isThere(answer: LfsAnswer | undefined): boolean {
  if (answer?.error && !isAbsent(answer.error.code)) throw refused(answer);
  return answer?.actions.download !== undefined;
}

function isAbsent(code: number): boolean {
  return code === 404 || code === 410;
}

/** Remembers addresses, in `known`, until shortly before they expire. */
function downloadFinder<Item extends LfsObjectId>(
  connection: LfsConnection,
  known: Map<string, LfsAction>,
  wording: Wording<Item>,
): FindDownload<Item> {
  return async (item, { fresh, signal }) => {
    const action = known.get(item.oid);
    if (action && !fresh && isValid(action, connection.ports.clock.now())) return action;
    const [answer] = await batch(connection, 'download', [item], signal);
    if (answer?.error && !isAbsent(answer.error.code)) throw refused(answer);
    const found = answer?.actions.download;
    if (!found) {
      const { code, hint } = wording.absent;
      throw new MgitError(code, `the server does not have ${wording.name(item)}`, { hint });
    }
    known.set(item.oid, found);
    return found;
  };
}

/** Whether an address will still be good for a moment. */
export function isValid(action: LfsAction, now: number): boolean {
  return action.expiresAt === undefined || action.expiresAt - EXPIRY_MARGIN_MS > now;
}

/** The server has a reason of its own. */
export function refused(answer: LfsAnswer): MgitError {
  const { code, message } = answer.error ?? { code: 0, message: 'no reason given' };
  return new MgitError(
    'TRANSFER_REFUSED',
    `the Git LFS server refuses object ${answer.oid}: ${message} (${code})`,
    {
      hint: 'check your access to the repository and its storage quota',
    },
  );
}
