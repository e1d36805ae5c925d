import { counted } from '../../base/counted.ts';
import { subjectOf } from '../../ops/history/commit.ts';
import { describeConflict } from '../../ops/merge/file-conflict.ts';
import type { PatchApplied } from '../../ops/patch/apply.ts';
import type { PatchSummary } from '../../ops/patch/show.ts';
import type { PatchKind } from '../../store/patches/patch-header.ts';
import type { CommandOutcome } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { formatBytes, table } from '../io.ts';
import { jsonValue } from '../json.ts';
import { label, printable } from './printable.ts';

/** A patch for a person: its base, its commits, its models, and what it takes. */
export function patchText(summary: PatchSummary): string {
  const commits = summary.commits.map(({ id, author, message }) =>
    printable(`  ${id.slice(0, 7)} ${subjectOf(message)} (${author.name})`),
  );
  const models = summary.models.map(({ path, size, changedTensors }) => [
    `  ${printable(path)}`,
    formatBytes(size),
    `${counted(changedTensors, 'tensor')} changed`,
  ]);
  const errors = summary.models.flatMap(model =>
    model.errors.map(({ tensor, relativeL2 }) => [`  ${label(tensor)}`, relativeL2.toExponential(2)]),
  );
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
    ...(errors.length > 0 ? ['error of each tensor, relative to its change', table(errors)] : []),
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

/** What `patch apply` answers: conflicts have their own exit status. */
export function patchOutcome(applied: PatchApplied): CommandOutcome {
  const { commits, files, merge } = applied;
  const json = jsonValue(applied);
  if (merge && merge.conflicts.length > 0) {
    const lines = [
      ...merge.conflicts.flatMap(describeConflict).map(printable),
      `Resolve each: edit it, or take the patch's with "mgit restore --source=${merge.theirs} <path>"; then "mgit add" it and commit.`,
    ];
    return { json, human: lines.join('\n'), exitCode: EXIT.conflicts };
  }
  const made = merge?.commit ? [{ commit: merge.commit, subject: merge.subject }] : commits;
  const lines = made.map(({ commit, subject }) => `${commit.slice(0, 7)} ${printable(subject)}`);
  return { json, human: [...lines, `${counted(files, 'file')} changed`].join('\n') };
}
