import { parseAttributes, quotePattern } from '../../store/worktree/attributes-file.ts';
import { type PathPattern, pathPattern } from '../../store/worktree/path-pattern.ts';
import { MODEL_ATTRIBUTES } from '../worktree/track.ts';
import type { Selection } from './selection.ts';
import type { Survey } from './survey.ts';

/** How a file is declared: a model, a file kept by Git LFS, or one of Git's own. */
export type Declaration = 'mgit' | 'lfs' | 'plain';

const ATTRIBUTES: Readonly<Record<Declaration, string>> = {
  mgit: MODEL_ATTRIBUTES,
  lfs: 'filter=lfs diff=lfs merge=lfs -text',
  plain: '!filter !diff !merge !text',
};

/** Changes `.gitattributes` files so that selected paths are models, and all others what they were. */
export interface AttributeEditor {
  /** The text of a file in `directory` (`''` or `a/b/`) with mgit's attributes in lines of Git LFS, where these match selected paths. */
  rewrite(text: string, directory: string): string;
  /** Lines for the file at the root that make these paths models. */
  linesFor(paths: readonly string[]): readonly string[];
}

/** A line is decided once for the whole history, so that it stays the same from commit to commit. */
export function attributeEditor({ globs, selects }: Selection, { paths }: Survey): AttributeEditor {
  const all = [...paths];
  const split = (pattern: PathPattern): { readonly selected: string[]; readonly others: boolean } => {
    const matched = all.filter(pattern.matches);
    const selected = matched.filter(selects);
    return { selected, others: selected.length < matched.length };
  };
  const rewriteLine = (line: string, directory: string): readonly string[] => {
    const [rule] = parseAttributes(line, directory, false);
    if (rule?.kind !== 'paths' || !rule.states.some(([name, state]) => name === 'filter' && state === 'lfs'))
      return [line];
    const { selected, others } = split(rule.pattern);
    if (selected.length === 0) return [line];
    return others
      ? [line, ...selected.sort().map(path => declarationLine(path, directory, 'mgit'))]
      : [asModelLine(line)];
  };
  const wholeGlobs = globs
    .map(glob => ({ glob, pattern: pathPattern(glob, '', false) }))
    .filter(({ pattern }) => !split(pattern).others);
  return {
    rewrite: (text, directory) =>
      text
        .split('\n')
        .flatMap(line => rewriteLine(line, directory))
        .join('\n'),
    linesFor: missing => {
      const lines = missing.map(path => {
        const whole = wholeGlobs.find(({ pattern }) => pattern.matches(path));
        return whole ? `${quotePattern(whole.glob)} ${MODEL_ATTRIBUTES}` : declarationLine(path, '', 'mgit');
      });
      return [...new Set(lines)];
    },
  };
}

/** A line for one path alone, in the file of a directory above it. */
export function declarationLine(path: string, directory: string, as: Declaration): string {
  const literal = path.slice(directory.length).replace(/[\\*?[]/g, '\\$&');
  return `${quotePattern(`/${literal}`)} ${ATTRIBUTES[as]}`;
}

const LFS_WORDS = new Set(['filter=lfs', 'diff=lfs', 'merge=lfs', '-text', 'lockable']);

/** Attributes that have nothing to do with Git LFS stay, and so does a carriage return. */
function asModelLine(line: string): string {
  const [, head = '', rest = ''] = /^(\s*(?:"(?:[^"\\]|\\.)*"|\S+))(.*)$/.exec(line.replace(/\r$/, '')) ?? [];
  const others = rest.split(/[ \t]+/).filter(word => word !== '' && !LFS_WORDS.has(word));
  return [head, ...others, MODEL_ATTRIBUTES].join(' ') + (line.endsWith('\r') ? '\r' : '');
}
