import { isMgitError, type MgitError } from '../../base/errors.ts';
import type { ByteSource } from '../checkpoint.ts';
import { type Judgement, judgeGlobal } from '../pickle/judge-global.ts';
import { detectFormat } from '../registry.ts';
import { readEveryPickle } from './every-pickle.ts';

/** A name that a pickle of the file wants imported. */
export interface ScannedName {
  readonly name: string;
  readonly judgement: Judgement;
  /** The member of the archive, or empty: the file itself. */
  readonly where: string;
}

/** What a file is and what it would do to whoever loads it with Python; nothing is executed or stored. */
export interface ScanReport {
  /** Null where mgit does not read the file; `problem` says why. */
  readonly format: string | null;
  readonly tensors: number | null;
  readonly names: readonly ScannedName[];
  /** Why the file is not read, or a part of it could not be looked into. */
  readonly problem: { readonly code: string; readonly message: string } | null;
  /** `dangerous`: do not load it; `unknown`: classes of other libraries, or parts that could not be read; `clean`: nothing but data. */
  readonly verdict: 'clean' | 'unknown' | 'dangerous';
}

/** Names kept of a file; more of them say nothing more. */
const MOST_NAMES = 10_000;

/** Looks into every pickle of a file, those in archives and in each other included. Errors: those of reading the source. */
export async function scanFile(source: ByteSource): Promise<ScanReport> {
  const names = new Map<string, ScannedName>();
  const note = (where: string) => (module: string, name: string) => {
    const key = `${where}\0${module}\0${name}`;
    if (names.size >= MOST_NAMES && !isDangerous(module, name)) return;
    names.set(key, { name: `${module}.${name}`, judgement: judgeGlobal(module, name), where });
  };
  const unread = await readEveryPickle(source, note);
  const layout = await layoutOf(source);
  const problem = layout.problem ?? (unread ? problemOf(unread) : null);
  const found = [...names.values()].sort(byWeight);
  return { ...layout, problem, names: found, verdict: verdictOf(found, problem) };
}

function isDangerous(module: string, name: string): boolean {
  return judgeGlobal(module, name) === 'dangerous';
}

const WEIGHT: Readonly<Record<Judgement, number>> = { dangerous: 0, unknown: 1, data: 2 };

function byWeight(left: ScannedName, right: ScannedName): number {
  return WEIGHT[left.judgement] - WEIGHT[right.judgement] || (left.name < right.name ? -1 : 1);
}

function verdictOf(names: readonly ScannedName[], problem: unknown): ScanReport['verdict'] {
  if (names.some(({ judgement }) => judgement === 'dangerous')) return 'dangerous';
  return problem || names.some(({ judgement }) => judgement === 'unknown') ? 'unknown' : 'clean';
}

async function layoutOf(source: ByteSource): Promise<Pick<ScanReport, 'format' | 'tensors' | 'problem'>> {
  let format: string | null = null;
  try {
    const found = await detectFormat(source);
    format = found.name;
    const { tensors } = await found.parse(source);
    return { format, tensors: tensors.length, problem: null };
  } catch (error) {
    if (!isMgitError(error)) throw error;
    return { format, tensors: null, problem: problemOf(error) };
  }
}

function problemOf({ code, message }: MgitError): NonNullable<ScanReport['problem']> {
  return { code, message };
}
