import { join } from 'node:path';
import type { ObjectId } from '../../../../base/ids.ts';
import type { History, TransferOptions } from '../../history.ts';
import { objectMissing } from '../../objects/object-store.ts';
import { remoteUnreachable } from '../../remote-errors.ts';
import { readShallow } from '../commit-graph.ts';
import type { EmbeddedObjects } from '../embedded-objects.ts';
import { takeLock } from '../lock-file.ts';
import { followRef, type RefFiles, refNames } from '../ref-files.ts';
import { FLUSH, formatPktLine, type PktLine, parsePktLines, splitBands } from './pkt-line.ts';
import type { SmartHttp } from './smart-http.ts';
import { storePack } from './store-pack.ts';

/** What a fetch works on. */
export interface FetchContext extends Pick<History, 'walk'> {
  readonly files: RefFiles;
  readonly store: EmbeddedObjects;
  readonly http: SmartHttp;
  readonly remote: string;
}

/** Commits of ours that the server is told of at most. */
const MOST_HAVES = 256;

/** Fetches objects and what they reach, in one round. Source: gitprotocol-pack(5). Errors: as History's `listRemoteRefs`. */
export async function fetchPack(
  context: FetchContext,
  ids: readonly ObjectId[],
  options: TransferOptions & { readonly depth?: number },
): Promise<void> {
  const shallow = await readShallow(context.files);
  const body = await requestBody(context, { ids, shallow, depth: options.depth });
  const lines = parsePktLines(await context.http.post(body));
  const boundary = options.depth === undefined ? { added: [], removed: [] } : readBoundary(context, lines);
  readAcknowledgements(context, lines);
  const { data, messages, error } = splitBands(lines);
  if (messages !== '') options.onMessage?.(messages);
  if (error !== undefined) throw remoteUnreachable(context.remote, error);
  await storePack(context.files.ports, context.store.objectsDirectory, data);
  await writeShallow(context.files, shallow, boundary);
  for (const id of ids) if (!(await context.store.has(id))) throw objectMissing(id);
}

interface Wanted {
  readonly ids: readonly ObjectId[];
  readonly shallow: ReadonlySet<string>;
  readonly depth: number | undefined;
}

async function requestBody(context: FetchContext, { ids, shallow, depth }: Wanted): Promise<Uint8Array> {
  const capabilities = `side-band-64k ofs-delta agent=git/mgit${depth === undefined ? '' : ' shallow'}`;
  const lines = ids.map((id, index) => `want ${id}${index === 0 ? ` ${capabilities}` : ''}\n`);
  for (const id of shallow) lines.push(`shallow ${id}\n`);
  if (depth !== undefined) lines.push(`deepen ${depth}\n`);
  const haves = (await knownCommits(context)).map(id => `have ${id}\n`);
  return Buffer.concat([
    ...lines.map(formatPktLine),
    FLUSH,
    ...haves.map(formatPktLine),
    formatPktLine('done\n'),
  ]);
}

/** The youngest commits below our refs. */
async function knownCommits({ files, store, walk }: FetchContext): Promise<readonly ObjectId[]> {
  const tips = new Set<ObjectId>();
  for (const ref of await refNames(files, 'refs/')) {
    const { id } = await followRef(files, ref);
    if (id !== undefined && (await store.has(id)) && (await store.read(id)).type === 'commit') tips.add(id);
  }
  const known: ObjectId[] = [];
  for await (const { id } of walk({ include: [...tips] as never, limit: MOST_HAVES })) known.push(id);
  return known;
}

interface Boundary {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** `shallow` and `unshallow` lines up to a flush. */
function readBoundary(context: FetchContext, lines: Iterator<PktLine>): Boundary {
  const [added, removed]: [string[], string[]] = [[], []];
  for (let line = nextLine(context, lines); line !== undefined; line = nextLine(context, lines)) {
    const [what, id = ''] = line.split(' ');
    if (what === 'shallow') added.push(id);
    else if (what === 'unshallow') removed.push(id);
  }
  return { added, removed };
}

/** After `done` comes exactly one of ACK and NAK. */
function readAcknowledgements(context: FetchContext, lines: Iterator<PktLine>): void {
  const line = nextLine(context, lines) ?? '';
  if (!/^(?:NAK|ACK )/.test(line))
    throw remoteUnreachable(context.remote, `it answered ${JSON.stringify(line)}`);
}

function nextLine({ remote }: FetchContext, lines: Iterator<PktLine>): string | undefined {
  const { done, value } = lines.next();
  if (done) throw remoteUnreachable(remote, 'its answer ends early');
  const text = value?.toString('utf8').trim();
  if (text?.startsWith('ERR ')) throw remoteUnreachable(remote, text.slice(4));
  return text;
}

async function writeShallow(
  { ports, commonDirectory }: RefFiles,
  before: ReadonlySet<string>,
  { added, removed }: Boundary,
): Promise<void> {
  if (added.length === 0 && removed.length === 0) return;
  const lock = await takeLock(ports, join(commonDirectory, 'shallow'), 'shallow');
  try {
    const ids = [...new Set([...before, ...added])].filter(id => !removed.includes(id));
    await lock.write(ids.map(id => `${id}\n`).join(''));
    await lock.commit();
  } finally {
    await lock.release();
  }
}
