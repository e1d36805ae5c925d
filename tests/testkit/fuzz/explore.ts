import { createRandom, type Random } from '../../../src/base/random.ts';
import { LARGEST_INPUT, mutate } from './mutate.ts';
import { type Observation, type Observe, observer, type Surroundings } from './observe.ts';
import { shrink } from './shrink.ts';
import { type Pooled, smallCover } from './small-cover.ts';
import type { FuzzTarget } from './target.ts';

/** An input that a parser neither reads nor refuses. */
export interface Finding {
  readonly input: Uint8Array;
  readonly problem: string;
}

/** How long a search goes on: until either is reached. */
export interface Effort {
  readonly seed: number;
  /** Mutated inputs. */
  readonly runs?: number;
  readonly milliseconds?: number;
}

/** What a search found. */
export interface Exploration {
  readonly runs: number;
  /** Inputs that the parser read, the mutated ones included. */
  readonly read: number;
  /** Blocks by how often they ran. */
  readonly features: number;
  readonly findings: readonly Finding[];
  /** Few and small inputs beside the seeds that together run most blocks. */
  readonly corpus: readonly Uint8Array[];
}

const MOST_FINDINGS = 8;
const RECENT = 16;

/**
 * Searches for inputs that crash a parser, guided by coverage: an input that runs a block as none before joins those that mutations start
 * from. The same seed, runs and known inputs give the same search.
 */
export async function explore(
  target: FuzzTarget,
  known: readonly Uint8Array[],
  { effort, surroundings }: { readonly effort: Effort; readonly surroundings: Surroundings },
): Promise<Exploration> {
  const seeds = [new Uint8Array(), ...(await target.seeds())];
  const observe = observer(target, surroundings);
  for (const input of seeds) await observe(input); // What is done once, at the first use, is no feature of an input.
  const search: Search = { observe, pool: [], seen: new Set(), findings: new Map(), read: 0 };
  for (const input of seeds) await tryInput(search, input);
  const begun = search.pool.length;
  for (const input of known) await tryInput(search, input);
  const runs = await tryMutations(search, target, effort);
  const { read, seen, findings, pool } = search;
  return {
    runs,
    read,
    features: seen.size,
    findings: [...findings.values()],
    corpus: smallCover(pool.slice(0, begun), pool.slice(begun)),
  };
}

interface Search {
  readonly observe: Observe;
  /** Where mutations start. */
  readonly pool: Pooled[];
  /** Features. */
  readonly seen: Set<number>;
  /** By what happened, numbers aside. */
  readonly findings: Map<string, Finding>;
  read: number;
}

async function tryInput(search: Search, input: Uint8Array): Promise<void> {
  const observed = await search.observe(input);
  if (observed.isRead) search.read++;
  if (observed.problem !== undefined) await note(search, input, observed);
  if (!observed.features.some(feature => !search.seen.has(feature))) return;
  for (const feature of observed.features) search.seen.add(feature);
  search.pool.push({ input, blocks: observed.blocks });
}

async function note({ findings, observe }: Search, input: Uint8Array, observed: Observation): Promise<void> {
  const { problem = '', isSlow } = observed;
  const key = kindOf(problem);
  if (findings.has(key)) return;
  findings.set(key, { problem, input });
  if (isSlow) return; // So would every try to make it smaller be.
  const isSame = ({ problem: other }: Observation): boolean => other !== undefined && kindOf(other) === key;
  findings.set(key, { problem, input: await shrink(input, async smaller => isSame(await observe(smaller))) });
}

function kindOf(problem: string): string {
  return problem.replace(/\d+/g, '0');
}

/** Returns how many it has tried. */
async function tryMutations(search: Search, target: FuzzTarget, effort: Effort): Promise<number> {
  const { runs = Number.POSITIVE_INFINITY, milliseconds = Number.POSITIVE_INFINITY } = effort;
  const random = createRandom(effort.seed, 'fuzz');
  const words = wordsOf(target);
  const until = performance.now() + milliseconds;
  let done = 0;
  for (; done < runs && search.findings.size < MOST_FINDINGS && performance.now() < until; done++) {
    const changed = mutate(choose(search.pool, random), { random, words, others: search.pool });
    await tryInput(search, (target.reseal?.(changed) ?? changed).subarray(0, LARGEST_INPUT));
  }
  return done;
}

/** Every other time one of the newest. */
function choose(pool: readonly Pooled[], random: Random): Uint8Array {
  const among = random.below(2) === 0 ? Math.min(pool.length, RECENT) : pool.length;
  return (pool[pool.length - 1 - random.below(among)] as Pooled).input;
}

const PUNCTUATION = '{ } [ ] " : , ../ / \\ \0 null __proto__'.split(' ');
const REPLACEMENT_CHARACTER = Uint8Array.of(0xef, 0xbf, 0xbd);

function wordsOf({ words = [] }: FuzzTarget): readonly Uint8Array[] {
  const all = [...PUNCTUATION, '\n', REPLACEMENT_CHARACTER, ...words];
  return all.map(word => (typeof word === 'string' ? Buffer.from(word, 'latin1') : word));
}
