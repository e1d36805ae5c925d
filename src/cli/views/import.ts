import { counted } from '../../base/counted.ts';
import type { ImportResult } from '../../ops/import/import-from-lfs.ts';
import { formatBytes } from '../io.ts';
import { label } from './printable.ts';

const SHOWN = 10;

/** What `mgit import` did, or would do, for a person. */
export function importText(result: ImportResult): string {
  return [
    headLine(result),
    ...refLines(result),
    ...signatureLine(result),
    ...leftLines(result),
    ...nextLines(result),
  ].join('\n');
}

function headLine({
  isDone,
  commits,
  rewritten,
  fromLfs,
  fromGit,
  bytes,
  storedBytes,
}: ImportResult): string {
  const what = `${counted(fromLfs, 'version')} of files from Git LFS and ${fromGit} from plain Git`;
  if (!isDone) return `would make models of ${what}, in ${counted(commits, 'commit')}`;
  const size = `${formatBytes(bytes)} in ${formatBytes(storedBytes)}`;
  return `made models of ${what} (${size}); rewrote ${rewritten} of ${counted(commits, 'commit')}`;
}

function refLines({ refs }: ImportResult): readonly string[] {
  const lines = refs
    .slice(0, SHOWN)
    .map(
      ({ ref, old, new: now }) =>
        `  ${label(ref.replace(/^refs\/(?:heads|tags)\//, ''))} ${old.slice(0, 7)} -> ${now.slice(0, 7)}`,
    );
  return refs.length > SHOWN ? [...lines, `  and ${refs.length - SHOWN} more`] : lines;
}

function signatureLine({ droppedSignatures: count }: ImportResult): readonly string[] {
  return count === 0
    ? []
    : [`dropped ${counted(count, 'signature')} of commits and tags, which held for the originals only`];
}

function leftLines({ left }: ImportResult): readonly string[] {
  if (left.length === 0) return [];
  const lines = left
    .slice(0, SHOWN)
    .map(({ path, commit, message }) => `  ${label(path)} of ${commit.slice(0, 7)}: ${label(message)}`);
  const more = left.length > SHOWN ? [`  and ${left.length - SHOWN} more`] : [];
  return [`${counted(left.length, 'version')} left as they are:`, ...lines, ...more];
}

/** What is on a remote, and in other clones, is the history before. */
function nextLines({ isDone, refs }: ImportResult): readonly string[] {
  if (!isDone || refs.length === 0) return [];
  return ['remotes keep the old history until you push with --force; other clones must be made anew'];
}
