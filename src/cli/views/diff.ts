import type { BlockSummary } from '../../ops/diff/block-summaries.ts';
import type { FileDiff } from '../../ops/diff/file-diff.ts';
import type { ModelDiff, TensorChange, TensorType } from '../../ops/diff/model-diff.ts';
import { type CliIo, paint, type Style, table } from '../io.ts';
import { label } from './printable.ts';

const KIND_STYLES: Readonly<Record<TensorChange['kind'], Style>> = {
  added: 'green',
  removed: 'red',
  changed: 'yellow',
};
const MARKS: Readonly<Record<TensorChange['kind'], string>> = { added: '+', removed: '-', changed: '~' };
const NUMBERS = ['left', 'left', 'left', 'right', 'right', 'right', 'right', 'left'] as const;

/** Everything that a diff tells about one file. */
export function diffView(io: CliIo, diff: FileDiff): string {
  if (diff.model) return [headline(io, diff), ...modelLines(io, diff.model)].join('\n');
  return [headline(io, diff), ...textLines(io, diff)].join('\n');
}

/** One file in a few lines: how many tensors changed, block by block. */
export function statView(io: CliIo, diff: FileDiff): string {
  const first = headline(io, diff);
  if (!diff.model) return `${first}${diff.text === null ? '' : `  ${lineCounts(io, diff.text)}`}`;
  const blocks = diff.model.blocks.filter(block => block.added + block.removed + block.changed > 0);
  return [`${first}  ${countsOf(diff.model)}`, ...indented(blockTable(blocks))].join('\n');
}

function headline(io: CliIo, { path, from, kind, before, after }: FileDiff): string {
  const mode =
    before && after && before.mode !== after.mode
      ? ` (mode ${octal(before.mode)} -> ${octal(after.mode)})`
      : '';
  const name = from === null ? path : `${from} -> ${path}`;
  return paint(io, 'bold', `${kind} ${name}${mode}`);
}

function octal(mode: number): string {
  return mode.toString(8).padStart(6, '0');
}

function modelLines(io: CliIo, model: ModelDiff): string[] {
  const changed = model.blocks.filter(block => block.added + block.removed + block.changed > 0);
  const rows = model.tensors.map(change => tensorRow(io, change));
  const head = ['', 'tensor', 'type', 'rel L2', 'max abs', 'cosine', 'changed', ''];
  return [
    ...(rows.length > 0 ? indented(table([head, ...rows], NUMBERS)) : []),
    ...(changed.length > 1 ? ['', ...indented(blockTable(changed))] : []),
    `  ${countsOf(model)}`,
  ];
}

function tensorRow(io: CliIo, change: TensorChange): string[] {
  const { name, formerName, kind, difference } = change;
  const mark = paint(io, KIND_STYLES[kind], MARKS[kind]);
  const numbers = difference
    ? [
        number(difference.relativeL2),
        number(difference.maxAbs),
        difference.cosine === null ? '-' : difference.cosine.toFixed(6),
        difference.changedShare === null ? '-' : `${(difference.changedShare * 100).toFixed(1)}%`,
      ]
    : ['', '', '', ''];
  return [
    mark,
    formerName === null ? label(name) : `${label(name)} (was ${label(formerName)})`,
    typeText(change),
    ...numbers,
    difference ? paint(io, 'red', warningOf(difference)) : '',
  ];
}

function warningOf({
  nanBefore,
  nanAfter,
  infiniteBefore,
  infiniteAfter,
}: NonNullable<TensorChange['difference']>): string {
  const nan = nanBefore + nanAfter > 0 ? [`NaN ${nanBefore} -> ${nanAfter}`] : [];
  const infinite =
    infiniteBefore + infiniteAfter > 0 ? [`infinite ${infiniteBefore} -> ${infiniteAfter}`] : [];
  return [...nan, ...infinite].join(', ');
}

function typeText({ before, after }: TensorChange): string {
  const [old, now] = [typeName(before), typeName(after)];
  return old && now && old !== now ? `${old} -> ${now}` : (now ?? old ?? '');
}

function typeName(type: TensorType | null): string | undefined {
  return type ? `${type.dtype} [${type.shape.join(', ')}]` : undefined;
}

function blockTable(blocks: readonly BlockSummary[]): string {
  const head = ['block', 'changed', 'added', 'removed', 'rel L2', 'max abs', 'NaN'];
  const rows = blocks.map(({ block, changed, added, removed, unchanged, relativeL2, maxAbs, nanAfter }) => [
    label(block),
    `${changed} of ${changed + removed + unchanged}`,
    String(added),
    String(removed),
    number(relativeL2),
    number(maxAbs),
    String(nanAfter),
  ]);
  return table([head, ...rows], ['left', 'right', 'right', 'right', 'right', 'right', 'right']);
}

function countsOf({ tensors, unchanged, renamed, skeletonChanged }: ModelDiff): string {
  const count = (kind: TensorChange['kind']): number => tensors.filter(change => change.kind === kind).length;
  const counts = `${count('changed')} changed, ${count('added')} added, ${count('removed')} removed, ${unchanged} unchanged`;
  const [first] = renamed;
  const names = first
    ? `; ${renamed.length} under other names, such as ${label(first.before)} -> ${label(first.after)}`
    : '';
  return `${counts}${skeletonChanged ? '; the header differs' : ''}${names}`;
}

function number(value: number | null): string {
  if (value === null) return '-';
  return value === 0 ? '0' : value.toPrecision(3);
}

function textLines(io: CliIo, { text, path, before, after }: FileDiff): string[] {
  if (text === null) return ['  contents differ'];
  if (text === '') return [];
  const names = [`--- ${before ? `a/${path}` : '/dev/null'}`, `+++ ${after ? `b/${path}` : '/dev/null'}`];
  return [...names, ...text.trimEnd().split('\n')].map(line => paintLine(io, line));
}

function paintLine(io: CliIo, line: string): string {
  if (line.startsWith('@@')) return paint(io, 'cyan', line);
  if (line.startsWith('+')) return paint(io, 'green', line);
  return line.startsWith('-') ? paint(io, 'red', line) : line;
}

function lineCounts(io: CliIo, text: string): string {
  const lines = text.split('\n');
  const count = (mark: string): number => lines.filter(line => line.startsWith(mark)).length;
  return `${paint(io, 'green', `+${count('+')}`)} ${paint(io, 'red', `-${count('-')}`)}`;
}

function indented(text: string): string[] {
  return text.split('\n').map(line => `  ${line}`);
}
