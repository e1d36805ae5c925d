import type { LongOperation } from '../../../base/events.ts';
import { inParallel } from '../../parallel.ts';
import { transferProgress } from '../../progress.ts';
import type { OutgoingPack, PackBackend, SaveReport } from '../backend.ts';
import { PACK_WORDING } from '../wording.ts';
import { batch, type LfsConnection } from './batch.ts';
import { isValid, lfsObjects, refused } from './objects.ts';
import type { LfsAction, LfsAnswer } from './protocol.ts';
import { type UploadOptions, upload } from './upload.ts';

const UPLOADS_AT_ONCE = 4;

/** Packs as objects of a Git LFS server. Source: Git LFS Batch API with the basic transfer adapter. */
export function lfsBackend(connection: LfsConnection & { readonly location: string }): PackBackend {
  return {
    kind: 'lfs',
    location: connection.location,
    save: (packs, options) => save(connection, packs, options),
    ...lfsObjects(connection, PACK_WORDING),
  };
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
