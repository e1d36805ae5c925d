import { counted } from '../../base/counted.ts';
import type { FileChange } from '../../ops/history/tree-changes.ts';
import { describeModelChange } from '../../ops/worktree/model-change.ts';
import { type CliIo, paint, type Style, table } from '../io.ts';

const WORDS: Readonly<Record<FileChange['kind'], string>> = {
  added: 'new file',
  modified: 'modified',
  deleted: 'deleted',
  'type-changed': 'typechange',
};

/** One line per file: what happened to it and, for a model, to its tensors. */
export function changeLines(io: CliIo, changes: readonly FileChange[], style?: Style): string[] {
  const colour = (text: string): string => (style === undefined ? text : paint(io, style, text));
  const rows = changes.map(change => [
    colour(`${WORDS[change.kind]}:`),
    colour(change.path),
    change.model === undefined ? '' : `(${describeModelChange(change.model)})`,
  ]);
  return rows.length === 0 ? [] : table(rows).split('\n');
}

/** "2 files changed". */
export function countFiles(changes: readonly FileChange[]): string {
  return `${counted(changes.length, 'file')} changed`;
}
