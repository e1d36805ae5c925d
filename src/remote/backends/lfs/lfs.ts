import { MgitError } from '../../../base/errors.ts';
import type { LongOperation } from '../../../base/events.ts';
import { inParallel } from '../../parallel.ts';
import type { PackPointer } from '../../pointer.ts';
import { transferProgress } from '../../progress.ts';
import type { OutgoingPack, PackBackend, SaveReport } from '../backend.ts';
import { batch, type LfsConnection } from './batch.ts';
import { download, type FindDownload } from './download.ts';
import type { LfsAction, LfsAnswer } from './protocol.ts';
import { type UploadOptions, upload } from './upload.ts';

const UPLOADS_AT_ONCE = 4;
/** An address that expires within this time is asked for anew. */
const EXPIRY_MARGIN_MS = 10_000;

/** Packs as objects of a Git LFS server. Source: Git LFS Batch API with the basic transfer adapter. */
export function lfsBackend(connection: LfsConnection & { readonly location: string }): PackBackend {
  const known = new Map<string, LfsAction>();
  const find = downloadFinder(connection, known);
  let ignoresRanges = false;
  const onWhole = (): void => {
    ignoresRanges = true;
  };
  return {
    kind: 'lfs',
    location: connection.location,
    save: (packs, options) => save(connection, packs, options),
    load: (pointer, range, options) =>
      download({ ...connection, onWhole }, find, { pointer, range }, options),
    ignoresRanges: () => ignoresRanges,
    has: async (pointers, options) => {
      const answers = await batch(connection, 'download', pointers, options?.signal);
      const there = pointers.filter((_, index) => isThere(answers[index]));
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

async function save(
  connection: LfsConnection,
  packs: readonly OutgoingPack[],
  options: LongOperation = {},
): Promise<SaveReport> {
  const answers = await batch(
    connection,
    'upload',
    packs.map(pack => pack.pointer),
    options.signal,
  );
  const wanted = packs.flatMap((pack, index) => jobOf(pack, answers[index]));
  const bytes = wanted.reduce((sum, { pack }) => sum + pack.pointer.size, 0);
  const onBytes = transferProgress('pushing packs', bytes, options.onEvent);
  await inParallel(wanted, UPLOADS_AT_ONCE, job => perform(connection, job, { ...options, onBytes }));
  return { saved: wanted.map(({ pack }) => pack.pointer), bytes };
}

interface UploadJob {
  readonly pack: OutgoingPack;
  readonly upload: LfsAction;
  readonly verify: LfsAction | undefined;
}

/** Nothing to do when the server names no upload: it has the object. */
function jobOf(pack: OutgoingPack, answer: LfsAnswer | undefined): readonly UploadJob[] {
  if (answer?.error) throw refused(answer);
  const action = answer?.actions.upload;
  return action ? [{ pack, upload: action, verify: answer.actions.verify }] : [];
}

/** Behind a long queue an address may have expired: then it is asked for anew. */
async function perform(connection: LfsConnection, job: UploadJob, options: UploadOptions): Promise<void> {
  if (isValid(job.upload, connection.ports.clock.now())) return upload(connection, job.pack, job, options);
  const [answer] = await batch(connection, 'upload', [job.pack.pointer], options.signal);
  const [again] = jobOf(job.pack, answer);
  if (again) await upload(connection, job.pack, again, options);
  else options.onBytes(job.pack.pointer.size);
}

/** Remembers addresses, in `known`, until shortly before they expire. */
function downloadFinder(connection: LfsConnection, known: Map<string, LfsAction>): FindDownload {
  return async (pointer, { fresh, signal }) => {
    const action = known.get(pointer.oid);
    if (action && !fresh && isValid(action, connection.ports.clock.now())) return action;
    const [answer] = await batch(connection, 'download', [pointer], signal);
    if (answer?.error && !isAbsent(answer.error.code)) throw refused(answer);
    const found = answer?.actions.download;
    if (!found) throw absent(pointer);
    known.set(pointer.oid, found);
    return found;
  };
}

function isValid(action: LfsAction, now: number): boolean {
  return action.expiresAt === undefined || action.expiresAt - EXPIRY_MARGIN_MS > now;
}

function absent(pointer: PackPointer): MgitError {
  return new MgitError('PACK_NOT_ON_REMOTE', `the server does not have pack ${pointer.id}`, {
    hint: 'ask someone who has the pack to run mgit push again',
  });
}

function refused(answer: LfsAnswer): MgitError {
  const { code, message } = answer.error ?? { code: 0, message: 'no reason given' };
  return new MgitError(
    'TRANSFER_REFUSED',
    `the Git LFS server refuses object ${answer.oid}: ${message} (${code})`,
    {
      hint: 'check your access to the repository and its storage quota',
    },
  );
}
