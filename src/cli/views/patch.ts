import { subjectOf } from '../../ops/history/commit.ts';
import type { PatchSummary } from '../../ops/patch/show.ts';
import type { PatchKind } from '../../store/patches/patch-header.ts';
import { formatBytes, table } from '../io.ts';
import { printable } from './printable.ts';

/** A patch for a person: its base, its commits, its models, and what it takes. */
export function patchText(summary: PatchSummary): string {
  const commits = summary.commits.map(({ id, author, message }) =>
    printable(`  ${id.slice(0, 7)} ${subjectOf(message)} (${author.name})`),
  );
  const models = summary.models.map(({ path, size, changedTensors }) => [
    `  ${printable(path)}`,
    formatBytes(size),
    `${changedTensors} tensors changed`,
  ]);
  const records = summary.records.map(({ kind, count, length, storedLength }) => [
    `  ${kind}`,
    `${count}`,
    formatBytes(length),
    formatBytes(storedLength),
  ]);
  return [
    `${kindText(summary.kind)} patch on ${summary.base.slice(0, 7)}, ${sizeText(summary)}`,
    'commits',
    ...commits,
    ...(models.length > 0 ? ['models', table(models, ['left', 'right'])] : []),
    ...(records.length > 0
      ? ['records: count, bytes, bytes in the patch', table(records, ['left', 'right', 'right', 'right'])]
      : []),
  ].join('\n');
}

function kindText(kind: PatchKind): string {
  if (kind.type === 'sparse') return `sparse (density ${kind.density})`;
  if (kind.type === 'low-rank') return `low-rank (rank ${kind.rank})`;
  return 'lossless';
}

function sizeText({ size, modelBytes }: PatchSummary): string {
  if (modelBytes === 0) return formatBytes(size);
  const share = ((100 * size) / modelBytes).toFixed(1);
  return `${formatBytes(size)}: ${share}% of the ${formatBytes(modelBytes)} of its models`;
}
