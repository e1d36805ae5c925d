import { MgitError } from '../../../base/errors.ts';
import type { LongOperation } from '../../../base/events.ts';
import type { OutgoingPack } from '../backend.ts';
import { fileStream } from '../file-stream.ts';
import type { LfsConnection } from './batch.ts';
import { LFS_MEDIA_TYPE, type LfsAction } from './protocol.ts';

export interface UploadOptions extends LongOperation {
  /** Counts what was sent; negative when it has to be sent again. */
  readonly onBytes: (count: number) => void;
}

/** Sends one pack as its upload action says, then verifies it as its verify action says. Errors: `TRANSFER_REFUSED`. */
export async function upload(
  connection: LfsConnection,
  pack: OutgoingPack,
  actions: { readonly upload: LfsAction; readonly verify: LfsAction | undefined },
  options: UploadOptions,
): Promise<void> {
  await put(connection, pack, actions.upload, options);
  if (actions.verify) await verify(connection, pack, actions.verify, options.signal);
}

async function put(
  connection: LfsConnection,
  pack: OutgoingPack,
  action: LfsAction,
  options: UploadOptions,
): Promise<void> {
  let sent = 0;
  const response = await connection.http.send({
    method: 'PUT',
    url: action.href,
    headers: {
      'content-type': 'application/octet-stream',
      ...withoutTransferEncoding(action.header),
      'content-length': String(pack.pointer.size),
    },
    body: () => {
      options.onBytes(-sent);
      sent = 0;
      return fileStream(connection.ports.fs, pack.path, count => {
        sent += count;
        options.onBytes(count);
      });
    },
    signal: options.signal,
  });
  await accepted(response, `pack ${pack.pointer.id}`);
}

async function verify(
  connection: LfsConnection,
  pack: OutgoingPack,
  action: LfsAction,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { oid, size } = pack.pointer;
  const response = await connection.http.send({
    method: 'POST',
    url: action.href,
    headers: { accept: LFS_MEDIA_TYPE, 'content-type': LFS_MEDIA_TYPE, ...action.header },
    body: () => JSON.stringify({ oid, size }),
    signal,
  });
  await accepted(response, `the verification of pack ${pack.pointer.id}`);
}

async function accepted(response: Response, what: string): Promise<void> {
  await response.body?.cancel();
  if (response.ok) return;
  const { host } = new URL(response.url || 'http://server');
  throw new MgitError('TRANSFER_REFUSED', `${host} answered ${response.status} to ${what}`, {
    hint:
      response.status === 413 || response.status === 507
        ? 'the host has no room for it: check its storage quota and its limit on the size of an object'
        : 'check that your account may write to this repository',
  });
}

/** Some servers ask for chunked bodies by a header that fetch sets itself. */
function withoutTransferEncoding(header: LfsAction['header']): LfsAction['header'] {
  return Object.fromEntries(
    Object.entries(header).filter(([name]) => !/^(transfer-encoding|content-length)$/i.test(name)),
  );
}
