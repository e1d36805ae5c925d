import { MgitError } from '../../base/errors.ts';
import type { Repository } from '../repository.ts';
import { cleanModel } from './clean.ts';
import {
  dataPackets,
  FLUSH,
  type PacketReader,
  packetReader,
  protocolError,
  readDataPackets,
  readTextPackets,
  textPackets,
} from './packet-lines.ts';
import { smudgeModel } from './smudge.ts';

/** The two ends of the pipe to Git, and where words for the user go. */
export interface FilterStreams {
  readonly input: AsyncIterable<Uint8Array>;
  /** Resolves when more may be written. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
  readonly say: (text: string) => void;
}

/**
 * Serves Git's long-running filter protocol, version 2, until Git closes the pipe: `clean` and `smudge`, for
 * as many files as it likes. Source: gitattributes(5). Errors: `FILTER_PROTOCOL`; what goes wrong with one file is told and answered as that file's error.
 */
export async function serveFilter(repository: Repository, streams: FilterStreams): Promise<void> {
  const reader = packetReader(streams.input);
  await shakeHands(reader, streams);
  for (;;) {
    const request = await readTextPackets(reader);
    if (request === undefined) return;
    await answer(repository, readRequest(request), { reader, streams });
  }
}

async function shakeHands(reader: PacketReader, { write }: FilterStreams): Promise<void> {
  const hello = await readTextPackets(reader);
  if (!hello?.includes('git-filter-client') || !hello.includes('version=2'))
    throw protocolError('it did not greet as a filter client of version 2');
  await write(textPackets(['git-filter-server', 'version=2']));
  const offered = (await readTextPackets(reader)) ?? [];
  const known = ['capability=clean', 'capability=smudge'];
  await write(textPackets(known.filter(capability => offered.includes(capability))));
}

interface FilterRequest {
  readonly command: string;
  readonly path: string;
}

function readRequest(lines: readonly string[]): FilterRequest {
  const value = (key: string): string | undefined =>
    lines.find(line => line.startsWith(`${key}=`))?.slice(key.length + 1);
  const [command, path] = [value('command'), value('pathname')];
  if (command === undefined || path === undefined) throw protocolError('a request has no command or no path');
  return { command, path };
}

interface Pipe {
  readonly reader: PacketReader;
  readonly streams: FilterStreams;
}

async function answer(repository: Repository, request: FilterRequest, pipe: Pipe): Promise<void> {
  const { write, say } = pipe.streams;
  const content = readDataPackets(pipe.reader);
  let began = false;
  try {
    for await (const bytes of await resultOf(repository, request, { content, say })) {
      if (!began) await write(textPackets(['status=success']));
      began = true;
      for (const packet of dataPackets(bytes)) await write(packet);
    }
    if (!began) await write(textPackets(['status=success']));
    await write(Buffer.concat([FLUSH, FLUSH])); // The end of the content, and a status that is as before.
  } catch (error) {
    if (!(error instanceof MgitError) || error.code === 'FILTER_PROTOCOL') throw error;
    for await (const _ of content); // Git writes all of its side before it reads ours.
    say(
      `error[${error.code}]: ${request.path}: ${error.message}\n${error.hint ? `hint: ${error.hint}\n` : ''}`,
    );
    await write(
      began ? Buffer.concat([FLUSH, textPackets(['status=error'])]) : textPackets(['status=error']),
    );
  }
}

type Content = { readonly content: AsyncIterable<Uint8Array>; readonly say: (text: string) => void };

async function resultOf(
  repository: Repository,
  { command, path }: FilterRequest,
  { content, say }: Content,
): Promise<AsyncIterable<Uint8Array> | readonly Uint8Array[]> {
  if (command === 'clean') return [await cleanModel(repository, path, content)];
  if (command !== 'smudge') throw protocolError(`unknown command ${JSON.stringify(command)}`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  const blob = Buffer.concat(chunks);
  const smudged = await smudgeModel(repository, blob);
  if (smudged.kind === 'model') return smudged.bytes;
  if (smudged.reason === 'too-large')
    say(`mgit: ${path} is large and stays a manifest for now: write it with "mgit restore ${path}"\n`);
  if (smudged.reason === 'missing')
    say(
      `mgit: tensors of ${path} are not here yet, it stays a manifest: run "mgit fetch", then "mgit restore ${path}"\n`,
    );
  return [blob];
}
