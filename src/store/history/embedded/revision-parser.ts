import { revisionUnknown } from '../revision-errors.ts';

/** What a suffix of a revision asks for, applied from left to right. */
export type RevisionStep =
  | { readonly kind: 'parent'; readonly number: number }
  | { readonly kind: 'ancestor'; readonly generations: number }
  /** `type` empty: through tags, whatever is behind them. */
  | { readonly kind: 'peel'; readonly type: '' | 'commit' | 'tree' | 'blob' | 'tag' | 'object' }
  | { readonly kind: 'path'; readonly path: string };

/** Where a revision starts. */
export type RevisionBase =
  | { readonly kind: 'name'; readonly name: string }
  /** `name` empty: the current branch. */
  | { readonly kind: 'reflog'; readonly name: string; readonly entry: number }
  | { readonly kind: 'previous'; readonly number: number }
  | { readonly kind: 'upstream'; readonly name: string };

export interface ParsedRevision {
  readonly base: RevisionBase;
  readonly steps: readonly RevisionStep[];
}

/** Parses the forms of gitrevisions(7) that name one object, except searches in messages, dates and the index. Errors: `REVISION_UNKNOWN`. */
export function parseRevision(revision: string): ParsedRevision {
  if (revision === '' || /^[-:^]|[\0\n]/.test(revision)) throw revisionUnknown(revision);
  const colon = colonOutsideBraces(revision);
  const object = colon < 0 ? revision : revision.slice(0, colon);
  const path: RevisionStep[] = colon < 0 ? [] : [{ kind: 'path', path: revision.slice(colon + 1) }];
  const suffixes = /(?:\^\{[^}]*\}|\^\d*|~\d*)*$/.exec(object)?.[0] ?? '';
  const steps = (suffixes.match(/\^\{[^}]*\}|\^\d*|~\d*/g) ?? []).map(text => parseStep(revision, text));
  const base = parseBase(revision, object.slice(0, object.length - suffixes.length));
  return { base, steps: [...steps, ...path] };
}

function colonOutsideBraces(text: string): number {
  let depth = 0;
  for (const [at, character] of [...text].entries()) {
    if (character === '{') depth++;
    if (character === '}') depth--;
    if (character === ':' && depth === 0) return [...text].slice(0, at).join('').length;
  }
  return -1;
}

function parseStep(revision: string, text: string): RevisionStep {
  if (text.startsWith('~')) return { kind: 'ancestor', generations: Number(text.slice(1) || 1) };
  if (!text.startsWith('^{')) return { kind: 'parent', number: Number(text.slice(1) || 1) };
  const type = text.slice(2, -1);
  if (/^(?:|commit|tree|blob|tag|object)$/.test(type))
    return { kind: 'peel', type: type as '' | 'commit' | 'tree' | 'blob' | 'tag' | 'object' };
  throw revisionUnknown(revision);
}

function parseBase(revision: string, text: string): RevisionBase {
  if (text === '@') return { kind: 'name', name: 'HEAD' };
  const match = /^(.*?)@\{([^{}]*)\}$/.exec(text);
  if (!match) {
    if (text === '' || /@\{|\.\.|[~^\s]/.test(text)) throw revisionUnknown(revision);
    return { kind: 'name', name: text };
  }
  const [, written = '', inside = ''] = match;
  const name = written === '@' ? 'HEAD' : written;
  if (/^\d+$/.test(inside)) return { kind: 'reflog', name, entry: Number(inside) };
  if (name === '' && /^-[1-9]\d*$/.test(inside)) return { kind: 'previous', number: -Number(inside) };
  if (/^u(?:pstream)?$/i.test(inside)) return { kind: 'upstream', name };
  throw revisionUnknown(revision);
}
