import { counted } from '../../base/counted.ts';
import type { BlockDisagreement, ModelDisagreement, ShownMerge } from '../../ops/merge/disagreement.ts';
import { type CliIo, paint, type Style, table } from '../io.ts';
import { countsText } from './merge.ts';
import { label } from './printable.ts';

/** Cells of a bar. */
const WIDTH = 8;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** How a commit was merged, and per block how far the sides moved and how much they disagree. */
export function disagreementText(io: CliIo, shown: ShownMerge): string {
  return [headText(shown), ...shown.models.flatMap(model => modelText(io, shown, model))].join('\n');
}

function headText({ record }: ShownMerge): string {
  const { method, parameters, replay, averaged, search } = record;
  const values = Object.entries(parameters).map(([name, value]) => label(`${name}=${String(value)}`));
  const what = replay
    ? `${replay.operation} of ${replay.commit.slice(0, 10)}, by `
    : averaged
      ? `Average of ${counted(averaged.length, 'version')} by `
      : 'Merged by ';
  const found = search
    ? [
        `Found by ${search.trials} trials (${label(search.kind)}): ${label(search.metric)} ${Math.abs(search.score)} on development data`,
      ]
    : [];
  return [`${what}${[label(method), ...values].join(' ')}`, ...found].join('\n');
}

function modelText(io: CliIo, shown: ShownMerge, model: ModelDisagreement): readonly string[] {
  const { path, counts, blocks, omittedTensors } = model;
  const largest = Math.max(0, ...blocks.flatMap(({ norms }) => norms));
  const sides = model.sides.map(side => shown.sides[side] ?? '');
  const rows = blocks.map(block => rowOf(io, block, largest));
  const omitted =
    omittedTensors === 0 ? [] : [`  and ${omittedTensors} merged tensors that the record leaves out`];
  const title = ['', paint(io, 'bold', `${label(path)}: ${countsText(counts)}`)];
  return largest === 0 ? title : [...title, indented(table([headOf(sides), ...rows])), ...omitted];
}

function headOf(sides: readonly string[]): readonly string[] {
  const [, ...others] = sides;
  const against = others.length === 1 ? () => '' : (name: string) => ` ${label(name)}`;
  return [
    'block',
    ...sides.map(name => `change of ${label(name)}`),
    ...others.flatMap(name => [`cosine${against(name)}`, `opposed${against(name)}`]),
  ];
}

function rowOf(
  io: CliIo,
  { block, norms, cosines, signConflicts }: BlockDisagreement,
  largest: number,
): readonly string[] {
  const moved = norms.map(norm => `${bar(largest === 0 ? 0 : norm / largest)} ${norm.toPrecision(3)}`);
  const pairs = cosines.flatMap((cosine, at) => [cosineCell(io, cosine), opposedCell(io, signConflicts[at])]);
  return [label(block), ...moved, ...pairs];
}

function cosineCell(io: CliIo, cosine: number | null | undefined): string {
  if (cosine === null || cosine === undefined) return '-';
  const size = Math.abs(cosine).toFixed(2);
  const sign = size === '0.00' ? ' ' : cosine < 0 ? '-' : '+';
  return paint(io, heat((1 - cosine) / 2), `${sign}${size}`);
}

/** Half of the elements opposed is what unrelated changes have; a bar that is full says all. */
function opposedCell(io: CliIo, share: number | null | undefined): string {
  if (share === null || share === undefined) return '-';
  return paint(io, heat(share), `${bar(share)} ${Math.round(share * 100)}%`);
}

function heat(disagreement: number): Style {
  return disagreement < 0.4 ? 'green' : disagreement < 0.55 ? 'yellow' : 'red';
}

/** A share of 1 as a bar of fixed width, in eighths of a character. */
function bar(share: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * WIDTH * 8);
  const text = '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '');
  return text.padEnd(WIDTH);
}

function indented(text: string): string {
  return text
    .split('\n')
    .map(line => `  ${line}`)
    .join('\n');
}
