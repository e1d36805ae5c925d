import { createHash } from 'node:crypto';
import { createRandom, type Random } from '../../../src/base/random.ts';
import { createDisk, type DiskNode, type Pending } from './disk.ts';
import type { ImageState, Inspection } from './inspect.ts';
import type { TraceEvent } from './trace.ts';

/** A command that has run: what it did to the disk, and the states before and after. */
export interface Recorded {
  readonly name: string;
  readonly before: DiskNode;
  readonly events: readonly TraceEvent[];
  readonly states: { readonly before: ImageState; readonly after: ImageState };
  /** Parts of the state that may be something else in between. */
  readonly passing: RegExp;
  /** Damage that was there before, and that the command mends. */
  readonly damage: readonly string[];
  readonly inspect: (image: DiskNode) => Promise<Inspection>;
}

/** How thoroughly losses are tried: random subsets per boundary; and only every so many boundaries. */
export interface LossSettings {
  readonly seed: number;
  readonly subsets: number;
  readonly every?: number;
}

/** What trying led to. Each problem names the boundary and what was kept of what was pending. */
export interface LossReport {
  readonly images: number;
  readonly problems: readonly string[];
  /** Some of the images that were looked at. */
  readonly samples: readonly DiskNode[];
}

/** What a loss of power at a boundary may leave. */
interface Loss {
  readonly image: DiskNode;
  readonly isEnd: boolean;
  readonly where: string;
}

/** Loses power at every boundary of a command; of what no sync covered it leaves each {@link Choice}. */
export async function loseAtEveryBoundary(recorded: Recorded, settings: LossSettings): Promise<LossReport> {
  const judge = judgeOf(recorded);
  const problems: string[] = [];
  const samples: DiskNode[] = [];
  for (const { image, isEnd, where } of lossesOf(recorded, settings)) {
    const found = await judge(image, isEnd);
    if (found === undefined) continue;
    if (samples.length < 3 || isEnd) samples.push(image);
    problems.push(...found.map(problem => `${where}: ${problem}`));
  }
  return { images: judge.images(), problems, samples };
}

/** What {@link loseAtEveryBoundary} would find, were the line at `site` without its sync: the first problem, if any. */
export async function violationWithout(
  recorded: Recorded,
  site: string,
  settings: LossSettings,
): Promise<string | undefined> {
  const judge = judgeOf(recorded);
  // An event in its place keeps the numbers of those after it.
  const events = recorded.events.map(event =>
    event.type === 'sync' && event.site === site ? { ...event, upTo: 0 } : event,
  );
  for (const { image, isEnd } of [...lossesOf({ ...recorded, events }, settings)].reverse()) {
    const [problem] = (await judge(image, isEnd)) ?? [];
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function* lossesOf({ name, before, events }: Recorded, settings: LossSettings): Generator<Loss> {
  const random = createRandom(settings.seed, name);
  const disk = createDisk(asDirectory(before));
  for (let boundary = 0; boundary <= events.length; boundary++) {
    const event = events[boundary - 1];
    if (event !== undefined) disk.apply(event, boundary - 1);
    const isEnd = boundary === events.length;
    const isRename = event?.type === 'rename';
    if (boundary % (settings.every ?? 1) !== 0 && !isRename && !isEnd) continue;
    for (const { what, kept, torn } of choicesOf(disk.pending(), settings.subsets, random)) {
      const where = `${name}, after ${describe(event)} (${boundary} of ${events.length}), ${what} kept`;
      yield { image: disk.image(kept, torn), isEnd, where };
    }
  }
}

/** What is left of what no sync covered. */
interface Choice {
  readonly what: string;
  readonly kept: ReadonlySet<Pending>;
  readonly torn?: ReadonlySet<Pending>;
}

/** Nothing; everything; half of each write; all but what one sync would have covered, or one change of that; some random part. */
function choicesOf(pending: readonly Pending[], subsets: number, random: Random): Choice[] {
  const all = new Set(pending);
  const choices: Choice[] = [
    { what: 'nothing', kept: new Set() },
    { what: 'everything', kept: all },
    { what: 'half of each write', kept: all, torn: all },
  ];
  for (const covered of Map.groupBy(pending, coveringNode).values())
    for (const lost of [covered, ...covered.map(item => [item])])
      choices.push({ what: 'all but some', kept: new Set(pending.filter(item => !lost.includes(item))) });
  for (let subset = 0; subset < subsets && pending.length > 1; subset++)
    choices.push({ what: 'some', kept: new Set(pending.filter(() => random.below(2) === 0)) });
  return choices;
}

function coveringNode({ change }: Pending): DiskNode {
  return 'file' in change ? change.file : change.durableWith;
}

interface Judge {
  /** The problems of an image; undefined when one like it was judged before. */
  (image: DiskNode, isEnd: boolean): Promise<readonly string[] | undefined>;
  images(): number;
}

function judgeOf(recorded: Recorded): Judge {
  const seen = new Set<string>();
  const judge = async (image: DiskNode, isEnd: boolean): Promise<readonly string[] | undefined> => {
    const key = `${isEnd} ${digestOf(image)}`;
    if (seen.has(key)) return undefined;
    seen.add(key);
    const { state, problems } = await recorded.inspect(image);
    const news = problems.filter(problem => isEnd || !recorded.damage.includes(problem));
    return [...news, ...stateProblems(state, recorded, isEnd)];
  };
  return Object.assign(judge, { images: () => seen.size });
}

/** In between everything is as before or as after; once the command has said that it is done, as after. */
function stateProblems(now: ImageState, { states, passing }: Recorded, isEnd: boolean): string[] {
  const { before, after } = states;
  if (isUnknownMerge(now, states)) return ['a merge is staged, and nothing says that it waits'];
  const names = new Set([...now.keys(), ...before.keys(), ...after.keys()]);
  return [...names]
    .filter(name => isEnd || !passing.test(name))
    .filter(name => now.get(name) !== after.get(name))
    .filter(name => isEnd || !(now.get(name) === before.get(name) || isBetween(name, now, states)))
    .map(
      name =>
        `${name} is ${now.get(name)}: ${isEnd ? '' : `neither ${before.get(name)} nor `}${after.get(name)}`,
    );
}

/** Then a commit would take over what another side changed, without having it as a parent. */
function isUnknownMerge(now: ImageState, { before, after }: Recorded['states']): boolean {
  const heads = [before, now, after].map(state => state.get('MERGE_HEAD'));
  if (heads[0] !== 'absent' || heads[1] !== 'absent' || heads[2] === 'absent') return false;
  return [...now].some(([name, value]) => name.startsWith('index ') && before.get(name) !== value);
}

/** A log, or a configuration, of several changes may have got the first of them. */
function isBetween(name: string, now: ImageState, { before, after }: Recorded['states']): boolean {
  const [old, current, next] = [before, now, after].map(state => state.get(name) ?? '') as [
    string,
    string,
    string,
  ];
  if (name === 'config' || name === 'BISECT_LOG') return next.startsWith(current);
  return name.startsWith('log ') && current.startsWith(old) && next.startsWith(current);
}

function asDirectory(node: DiskNode): Extract<DiskNode, { kind: 'directory' }> {
  if (node.kind !== 'directory') throw new Error('the root is no directory');
  return node;
}

function digestOf(image: DiskNode): string {
  const hash = createHash('sha1');
  const add = (node: DiskNode): void => {
    hash.update(node.kind);
    if (node.kind === 'file') hash.update(String(node.content.length)).update(node.content);
    else if (node.kind === 'symlink') hash.update(node.target);
    else
      for (const name of [...node.entries.keys()].sort()) {
        hash.update(`\0${name}\0`);
        add(node.entries.get(name) as DiskNode);
      }
  };
  add(image);
  return hash.digest('hex');
}

function describe(event: TraceEvent | undefined): string {
  if (event === undefined) return 'nothing';
  if (event.type === 'sync') return `sync at ${event.site}`;
  return 'path' in event
    ? `${event.type} ${event.path}`
    : event.type === 'rename'
      ? `rename to ${event.to}`
      : event.type;
}
