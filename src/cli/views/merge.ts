import type { MergeMethod, MethodParameter } from '../../merge/method.ts';
import { describeConflict, type FileConflict } from '../../ops/merge/file-conflict.ts';
import type { MergeOutcome } from '../../ops/merge/merge.ts';
import type { ActionCounts } from '../../ops/merge/models.ts';
import type { MergePreview } from '../../ops/merge/preview.ts';
import { type CliIo, formatBytes, paint, table } from '../io.ts';
import { gateRunText } from './gate.ts';

/** What `mgit merge` did, for a person. */
export function mergeText(io: CliIo, outcome: MergeOutcome): string {
  const target = branchName(outcome.target);
  switch (outcome.kind) {
    case 'up-to-date':
      return 'Already up to date.';
    case 'conflicts':
      return conflictText(io, outcome.conflicts);
    case 'landed':
      return [
        ...(outcome.gates ? [gateRunText(io, outcome.gates)] : []),
        ...outcome.models.map(({ path, counts }) => `${path}: ${countsText(counts)}`),
        `${outcome.fastForward ? 'Fast-forwarded' : 'Merged into'} ${target}: ${outcome.previous.slice(0, 7)}..${outcome.commit.slice(0, 7)}`,
      ].join('\n');
    case 'held':
      return [gateRunText(io, outcome.gates), `${target} has not moved. ${candidateText(outcome)}`].join(
        '\n',
      );
  }
}

/** Only gates that ran have left a report. */
function candidateText({ candidate, gates }: Extract<MergeOutcome, { kind: 'held' }>): string {
  const id = candidate.slice(0, 10);
  const isReported = gates.gates.some(({ verdict }) => verdict !== 'error');
  return `The candidate is ${id}; look at it with "mgit ${isReported ? 'gate show' : 'show'} ${id}".`;
}

/** The plan of `mgit merge --dry-run`, for a person. */
export function previewText(io: CliIo, preview: MergePreview): string {
  const target = branchName(preview.target);
  if (preview.relation === 'up-to-date') return 'Already up to date.';
  const names = preview.revisions.map(({ revision }) => revision).join(', ');
  const gates = preview.gates.length > 0 ? `, through ${preview.gates.join(', ')}` : '';
  const into = `${target}${names && `: ${names}`}`; // A recipe may name nothing but what the target has already.
  const what =
    preview.relation === 'fast-forward' ? `fast-forward ${target} to ${names}` : `merge into ${into}`;
  return [
    `Would ${what}${gates}`,
    ...preview.files.map(path => `  ${path}`),
    ...preview.models.flatMap(model => ['', paint(io, 'bold', model.path), indented(modelPlan(io, model))]),
    ...(preview.conflicts.length > 0 ? ['', conflictText(io, preview.conflicts)] : []),
  ].join('\n');
}

/** The merge methods with their parameters, for a person. */
export function methodsText(io: CliIo, methods: readonly MergeMethod[]): string {
  return methods
    .map(method => {
      const parameters = method.kind === 'compute' ? method.parameters : [];
      const rows = parameters.map(parameter => [
        `-X ${parameter.name}=${parameter.perModel ? '<per model>' : `<${parameter.type}>`}`,
        describeParameter(parameter),
      ]);
      const head = `${paint(io, 'bold', method.name)}: ${method.summary}\n  for ${method.whenToUse}`;
      return rows.length === 0 ? head : `${head}\n${indented(table(rows))}`;
    })
    .join('\n');
}

/** A parameter's meaning, range and default. */
export function describeParameter({ description, minimum, maximum, ...parameter }: MethodParameter): string {
  const lowest = minimum === undefined ? [] : [`at least ${minimum}`];
  const highest = maximum === undefined ? [] : [`at most ${maximum}`];
  return `${description} (${[...lowest, ...highest, `default ${String(parameter.default)}`].join(', ')})`;
}

const MERGE_END = 'Resolve them, then "mgit merge --continue"; or "mgit merge --abort".';

/** Conflicts with their ways out, and how to go on. */
export function conflictText(io: CliIo, conflicts: readonly FileConflict[], end = MERGE_END): string {
  return [
    paint(io, 'red', 'Conflicts:'),
    ...conflicts.flatMap(describeConflict).map(line => `  ${line}`),
    end,
  ].join('\n');
}

type ModelPreview = MergePreview['models'][number];

/** So many lines a terminal shows tensor by tensor; of more, it shows the blocks. */
const MOST_LINES = 100;

function modelPlan(io: CliIo, { blocks, tensors, counts, cost }: ModelPreview): string {
  const touched = tensors.filter(({ action }) => action !== 'keep');
  const isLong = io.stdout.isTty && touched.length > MOST_LINES;
  const rows = isLong
    ? blocks.map(({ block, counts: inBlock }) => [block, countsText(inBlock)])
    : touched.map(tensor => [tensor.name, tensorText(tensor)]);
  return [
    countsText(counts),
    ...(cost.tensors === 0 ? [] : costLines(cost)),
    ...(rows.length === 0 ? [] : [table(rows)]),
    ...(isLong ? ['(per block; into a pipe or with --json: per tensor)'] : []),
  ].join('\n');
}

function tensorText({ action, by, bytes }: ModelPreview['tensors'][number]): string {
  if (action === 'compute') return `merged by ${by}, ${formatBytes(bytes ?? 0)}`;
  if (action === 'take') return by === 'base' ? 'from the base' : `from ${by}`;
  return { keep: 'unchanged', remove: 'removed', conflict: 'in conflict' }[action];
}

function costLines({
  readBytes,
  computedBytes,
  bufferBytes,
  seconds,
}: ModelPreview['cost']): readonly string[] {
  const memory = `in ${formatBytes(bufferBytes)} of memory for the inputs`;
  return [
    `reads ${formatBytes(readBytes)}, computes ${formatBytes(computedBytes)}, ${memory}; kept as recipes`,
    `takes ${roughTime(seconds)} here, besides reading`,
  ];
}

/** A rough time in words: no more than is known. */
export function roughTime(seconds: number): string {
  if (seconds < 1) return 'less than a second';
  if (seconds < 90) return `about ${seconds < 10 ? Math.round(seconds) : Math.round(seconds / 5) * 5} s`;
  const minutes = seconds / 60;
  return minutes < 90 ? `about ${Math.round(minutes)} min` : `about ${Math.round(minutes / 60)} h`;
}

/** How many tensors were treated how, in words. */
export function countsText(counts: ActionCounts): string {
  const words: readonly (readonly [number, string])[] = [
    [counts.computed, 'merged'],
    [counts.ours, 'from ours'],
    [counts.theirs, 'from theirs'],
    [counts.base, 'from the base'],
    [counts.removed, 'removed'],
    [counts.kept, 'unchanged'],
    [counts.conflicts, 'in conflict'],
  ];
  return words
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(', ');
}

function indented(text: string): string {
  return text
    .split('\n')
    .map(line => `  ${line}`)
    .join('\n');
}

function branchName(ref: string): string {
  return ref.replace(/^refs\/heads\//, '');
}
