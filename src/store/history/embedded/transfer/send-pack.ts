import { isMgitError } from '../../../../base/errors.ts';
import type { CommitId, ObjectId } from '../../../../base/ids.ts';
import type { History, PushRefResult, PushRefSpec, TransferOptions } from '../../history.ts';
import { ZERO_ID } from '../../objects/object-store.ts';
import { checkRefName } from '../../ref-names.ts';
import { remoteUnreachable } from '../../remote-errors.ts';
import type { EmbeddedObjects } from '../embedded-objects.ts';
import { outgoingObjects } from './outgoing-objects.ts';
import { FLUSH, formatPktLine, parsePktLines, splitBands } from './pkt-line.ts';
import type { Advertisement, SmartHttp } from './smart-http.ts';
import { writePack } from './write-pack.ts';

/** What a push works on. */
export interface PushContext extends Pick<History, 'walk' | 'isAncestor'> {
  readonly store: EmbeddedObjects;
  readonly http: SmartHttp;
  readonly remote: string;
}

/** Sends objects and asks for refs to move. Source: gitprotocol-pack(5), Pushing Data To a Server. */
export async function sendPack(
  context: PushContext,
  specs: readonly PushRefSpec[],
  options: TransferOptions,
): Promise<readonly PushRefResult[]> {
  for (const { ref } of specs) checkRefName(ref);
  const theirs = await context.http.advertisement();
  const plans = await Promise.all(specs.map(spec => planFor(context, theirs, spec)));
  const commands = plans.flatMap(plan => (plan.kind === 'send' ? [plan] : []));
  const answers = commands.length === 0 ? new Map() : await send(context, { commands, theirs, options });
  return plans.map(plan =>
    plan.kind === 'done'
      ? plan.result
      : (answers.get(plan.ref) ?? refused(plan.ref, 'the server said nothing')),
  );
}

interface Command {
  readonly kind: 'send';
  readonly ref: string;
  readonly from: ObjectId;
  readonly to: ObjectId;
}

type Plan = Command | { readonly kind: 'done'; readonly result: PushRefResult };

async function planFor(context: PushContext, theirs: Advertisement, spec: PushRefSpec): Promise<Plan> {
  const { ref, source, expected } = spec;
  const from = theirs.refs.get(ref) ?? ZERO_ID;
  const to = source ?? ZERO_ID;
  const reason = await refusal(context, spec, from);
  if (reason !== undefined) return { kind: 'done', result: refused(ref, reason) };
  if (from === to) return { kind: 'done', result: { ref, ok: true } };
  if (source === null && !theirs.capabilities.has('delete-refs'))
    return { kind: 'done', result: refused(ref, 'the server deletes no refs') };
  return { kind: 'send', ref, from: expected === undefined ? from : (expected ?? ZERO_ID), to };
}

async function refusal(context: PushContext, spec: PushRefSpec, from: ObjectId): Promise<string | undefined> {
  const { ref, source, expected, force } = spec;
  if (expected !== undefined && (expected ?? ZERO_ID) !== from) return 'stale info';
  if (force || source === null || from === ZERO_ID || from === source) return undefined;
  if (ref.startsWith('refs/tags/')) return 'already exists';
  if (!(await context.store.has(from))) return 'fetch first';
  return (await isFastForward(context, from, source)) ? undefined : 'non-fast-forward';
}

async function isFastForward(context: PushContext, from: ObjectId, to: ObjectId): Promise<boolean> {
  try {
    return await context.isAncestor(from as CommitId, to as CommitId);
  } catch (error) {
    if (isMgitError(error, 'OBJECT_TYPE_MISMATCH')) return false; // Not commits: only force can replace them.
    throw error;
  }
}

interface Sending {
  readonly commands: readonly Command[];
  readonly theirs: Advertisement;
  readonly options: TransferOptions;
}

async function send(
  context: PushContext,
  { commands, theirs, options }: Sending,
): Promise<ReadonlyMap<string, PushRefResult>> {
  const multiplexed = theirs.capabilities.has('side-band-64k');
  const wanted = ['report-status', 'agent=git/mgit', ...(multiplexed ? ['side-band-64k'] : [])].join(' ');
  const lines = commands.map(({ from, to, ref }, index) =>
    formatPktLine(`${from} ${to} ${ref}${index === 0 ? `\0 ${wanted}` : ''}`),
  );
  const pack = await packFor(context, commands, theirs);
  const answer = await context.http.post(Buffer.concat([...lines, FLUSH, ...pack]));
  if (!multiplexed) return parseReport(context.remote, answer);
  const { data, messages, error } = splitBands(parsePktLines(answer));
  if (messages !== '') options.onMessage?.(messages);
  if (error !== undefined) throw remoteUnreachable(context.remote, error);
  return parseReport(context.remote, data);
}

/** A push that only deletes carries no pack. */
async function packFor(
  context: PushContext,
  commands: readonly Command[],
  theirs: Advertisement,
): Promise<readonly Buffer[]> {
  const include = commands.map(({ to }) => to).filter(id => id !== ZERO_ID);
  if (include.length === 0) return [];
  const shared: ObjectId[] = [];
  for (const id of new Set(theirs.refs.values())) if (await context.store.has(id)) shared.push(id);
  return [await writePack(context.store, await outgoingObjects(context, include, shared))];
}

function parseReport(remote: string, bytes: Uint8Array): ReadonlyMap<string, PushRefResult> {
  const results = new Map<string, PushRefResult>();
  for (const line of parsePktLines(bytes)) {
    const text = line?.toString('utf8').replace(/\n$/, '') ?? '';
    const [, unpacked] = /^unpack (.*)$/.exec(text) ?? [];
    if (unpacked !== undefined && unpacked !== 'ok')
      throw remoteUnreachable(remote, `it could not unpack: ${unpacked}`);
    const [, ok] = /^ok (.*)$/.exec(text) ?? [];
    if (ok !== undefined) results.set(ok, { ref: ok, ok: true });
    const [, ref, reason] = /^ng (\S+) (.*)$/.exec(text) ?? [];
    if (ref !== undefined) results.set(ref, refused(ref, reason ?? 'refused'));
  }
  return results;
}

function refused(ref: string, reason: string): PushRefResult {
  return { ref, ok: false, reason };
}
