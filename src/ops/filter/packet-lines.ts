import { MgitError } from '../../base/errors.ts';

/** Data of one packet at most. Source: gitprotocol-common(5), `LARGE_PACKET_DATA_MAX`. */
const LONGEST_PACKET = 65516;

/** Git's packet lines, read from a byte stream: a packet's data, or `flush`. */
export interface PacketReader {
  /** The next packet; undefined at the end of the stream. Errors: `FILTER_PROTOCOL`. */
  next(): Promise<Uint8Array | 'flush' | undefined>;
}

/** Splits a stream into packets. Source: gitprotocol-common(5). */
export function packetReader(input: AsyncIterable<Uint8Array>): PacketReader {
  const source = input[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  const fill = async (length: number): Promise<boolean> => {
    while (held.length < length) {
      const chunk = await source.next();
      if (chunk.done) return false;
      held = Buffer.concat([held, chunk.value]);
    }
    return true;
  };
  return {
    next: async () => {
      if (!(await fill(4))) {
        if (held.length === 0) return undefined;
        throw protocolError('the stream ends within a packet');
      }
      const length = lengthOf(held.toString('latin1', 0, 4));
      if (length === 0) {
        held = held.subarray(4);
        return 'flush';
      }
      if (!(await fill(length))) throw protocolError('the stream ends within a packet');
      const data = held.subarray(4, length);
      held = held.subarray(length);
      return data;
    },
  };
}

function lengthOf(text: string): number {
  const length = /^[0-9a-f]{4}$/i.test(text) ? Number.parseInt(text, 16) : -1;
  if (length === 0 || (length >= 4 && length <= LONGEST_PACKET + 4)) return length;
  throw protocolError(`${JSON.stringify(text)} is not the length of a packet`);
}

/** The packets up to the next flush, as text without line feeds; undefined at the end of the stream. Errors: `FILTER_PROTOCOL`. */
export async function readTextPackets(reader: PacketReader): Promise<string[] | undefined> {
  const lines: string[] = [];
  for (let packet = await reader.next(); packet !== 'flush'; packet = await reader.next()) {
    if (packet === undefined && lines.length === 0) return undefined;
    if (packet === undefined || lines.length > 1000) throw protocolError('a list of packets does not end');
    lines.push(Buffer.from(packet).toString('utf8').replace(/\n$/, ''));
  }
  return lines;
}

/** The data of the packets up to the next flush. Errors: `FILTER_PROTOCOL`. */
export async function* readDataPackets(reader: PacketReader): AsyncGenerator<Uint8Array> {
  for (let packet = await reader.next(); packet !== 'flush'; packet = await reader.next()) {
    if (packet === undefined) throw protocolError('the content does not end');
    yield packet;
  }
}

/** Packets of text lines, then a flush. */
export function textPackets(lines: readonly string[]): Uint8Array {
  return Buffer.concat([...lines.map(line => packet(Buffer.from(`${line}\n`))), FLUSH]);
}

/** Packets of data, without a flush. */
export function* dataPackets(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += LONGEST_PACKET)
    yield packet(bytes.subarray(at, at + LONGEST_PACKET));
}

/** The end of a list of packets. */
export const FLUSH: Uint8Array = Buffer.from('0000');

function packet(data: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from((data.length + 4).toString(16).padStart(4, '0')), data]);
}

/** Git and mgit do not understand each other. */
export function protocolError(what: string): MgitError {
  return new MgitError('FILTER_PROTOCOL', `Git does not speak the filter protocol: ${what}`, {
    hint: 'this command is for Git alone: see "mgit install"',
  });
}
