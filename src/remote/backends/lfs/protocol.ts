import { MgitError } from '../../../base/errors.ts';
import type { Digest } from '../../../base/ids.ts';

export const LFS_MEDIA_TYPE = 'application/vnd.git-lfs+json';

/** What a batch asks about. */
export interface LfsObjectId {
  readonly oid: Digest;
  readonly size: number;
}

/** A request that the server wants for one step of a transfer. `expiresAt` is in milliseconds since the epoch. */
export interface LfsAction {
  readonly href: string;
  readonly header: Readonly<Record<string, string>>;
  readonly expiresAt: number | undefined;
}

export type LfsActionName = 'upload' | 'verify' | 'download';

/** One object of a batch answer. Neither actions nor an error: there is nothing to do. */
export interface LfsAnswer extends LfsObjectId {
  readonly actions: Readonly<Partial<Record<LfsActionName, LfsAction>>>;
  readonly error: { readonly code: number; readonly message: string } | undefined;
}

/**
 * Reads a batch answer; every object asked about is in the result, in the order asked.
 * Errors: `LFS_PROTOCOL`. Source: Git LFS Batch API.
 */
export function parseBatchAnswer(
  body: unknown,
  asked: readonly LfsObjectId[],
  now: number,
): readonly LfsAnswer[] {
  const { transfer, objects } = record(body);
  if (transfer !== undefined && transfer !== 'basic')
    throw protocolError(`it offers the transfer adapter ${JSON.stringify(transfer)} only`);
  if (!Array.isArray(objects)) throw protocolError('its answer has no list of objects');
  const byOid = new Map(objects.map(object => [String(record(object).oid), record(object)]));
  return asked.map(object => {
    const answer = byOid.get(object.oid);
    if (!answer) throw protocolError(`its answer does not mention object ${object.oid}`);
    return answerOf(object, answer, now);
  });
}

function answerOf(asked: LfsObjectId, object: Record<string, unknown>, now: number): LfsAnswer {
  if (object.error !== undefined && object.error !== null) {
    const { code, message } = record(object.error);
    return {
      ...asked,
      actions: {},
      error: { code: Number(code), message: String(message ?? 'no reason given') },
    };
  }
  const actions = object.actions ?? {};
  const found: Partial<Record<LfsActionName, LfsAction>> = {};
  for (const name of ['upload', 'verify', 'download'] as const) {
    const action = record(actions)[name];
    if (action !== undefined && action !== null) found[name] = actionOf(record(action), now);
  }
  return { ...asked, actions: found, error: undefined };
}

function actionOf(action: Record<string, unknown>, now: number): LfsAction {
  const { href, header, expires_in, expires_at } = action;
  if (typeof href !== 'string' || !/^https?:$/.test(URL.parse(href)?.protocol ?? ''))
    throw protocolError('an action has no usable address');
  return { href, header: headersOf(header), expiresAt: expiryOf(expires_in, expires_at, now) };
}

function headersOf(header: unknown): Readonly<Record<string, string>> {
  if (header === undefined || header === null) return {};
  return Object.fromEntries(Object.entries(record(header)).map(([name, value]) => [name, String(value)]));
}

/** `expires_in` (seconds from now) is preferred over `expires_at`, as the specification says. */
function expiryOf(inSeconds: unknown, at: unknown, now: number): number | undefined {
  if (typeof inSeconds === 'number' && inSeconds !== 0) return now + inSeconds * 1000;
  const time = typeof at === 'string' ? Date.parse(at) : Number.NaN;
  return Number.isNaN(time) || time <= 0 ? undefined : time;
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw protocolError('its answer is not what the Batch API specifies');
  return value as Record<string, unknown>;
}

/** A server that answers what the Batch API does not allow. */
export function protocolError(what: string, cause?: unknown): MgitError {
  return new MgitError('LFS_PROTOCOL', `the Git LFS server cannot be understood: ${what}`, {
    hint: 'check that the URL (lfs.url, remote.<name>.lfsurl) is that of a Git LFS server',
    ...(cause === undefined ? {} : { cause }),
  });
}
