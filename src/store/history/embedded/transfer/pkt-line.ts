import { MgitError } from '../../../../base/errors.ts';

/** A line of Git's wire protocol; undefined is a flush. Source: gitprotocol-common(5). */
export type PktLine = Buffer | undefined;

/** One line with its length before it. */
export function formatPktLine(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes]);
}

export const FLUSH = Buffer.from('0000');

/** Reads the lines of a whole answer. Errors: `REMOTE_UNREACHABLE`. */
export function* parsePktLines(bytes: Uint8Array): Generator<PktLine> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < buffer.length; ) {
    const digits = buffer.toString('latin1', at, at + 4);
    const length = /^[0-9a-f]{4}$/i.test(digits) ? Number.parseInt(digits, 16) : -1;
    if (length < 0 || (length > 0 && length < 4) || at + length > buffer.length)
      throw new MgitError(
        'REMOTE_UNREACHABLE',
        `the remote's answer is not in Git's protocol at byte ${at}`,
        {
          hint: 'check the URL, and whether a proxy answered in its place',
        },
      );
    yield length === 0 ? undefined : buffer.subarray(at + 4, at + length);
    at += length === 0 ? 4 : length;
  }
}

/** What came on the bands of a multiplexed answer: 1 data, 2 messages, 3 a fatal error. */
export interface Bands {
  readonly data: Buffer;
  readonly messages: string;
  readonly error: string | undefined;
}

export function splitBands(lines: Iterable<PktLine>): Bands {
  const data: Buffer[] = [];
  let messages = '';
  let error: string | undefined;
  for (const line of lines) {
    if (line === undefined) break;
    const [band, rest] = [line[0], line.subarray(1)];
    if (band === 1) data.push(rest);
    else if (band === 2) messages += rest.toString('utf8');
    else if (band === 3) error = rest.toString('utf8').trim();
  }
  return { data: Buffer.concat(data), messages, error };
}
