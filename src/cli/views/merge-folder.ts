import { counted } from '../../base/counted.ts';
import type { FolderMergeOutcome } from '../../ops/merge-folder/merge-folder.ts';
import type { ShardOutcome } from '../../ops/merge-folder/merge-shards.ts';
import type { FolderMergePreview } from '../../ops/merge-folder/preview.ts';
import { type CliIo, formatBytes, paint, table } from '../io.ts';
import { roughTime } from './merge.ts';

/** What a merge of folders made, for a person. */
export function folderOutcomeText({ out, method, tensors, bytes, files }: FolderMergeOutcome): string {
  const weights = files.filter(name => name.endsWith('.safetensors')).length;
  return `Merged ${counted(tensors, 'tensor')} by ${method} into ${out}: ${formatBytes(bytes)} in ${counted(weights, 'file')}`;
}

/** What one of several runs made, for a person. */
export function shardOutcomeText({ folder, written, present }: ShardOutcome): string {
  const before = present.length > 0 ? `, ${present.length} were there` : '';
  return `Made ${written.length} ${written.length === 1 ? 'file' : 'files'} in ${folder}${before}`;
}

/** The plan of a merge of folders, for a person. */
export function folderPreviewText(io: CliIo, preview: FolderMergePreview): string {
  const { method, models, files, read, written, memory, seconds, tensors } = preview;
  const isLong = io.stdout.isTty && tensors.length > MOST_LINES;
  const rows = isLong ? blockRows(preview) : tensors.map(tensorRow);
  return [
    `Would merge ${models.join(', ')} by ${method}`,
    `  reads ${formatBytes(read)}, writes ${formatBytes(written)}, needs up to ${formatBytes(memory)} of memory`,
    `  takes ${roughTime(seconds)} here, besides waiting for the disk`,
    ...files.map(({ name, size }) => `  ${name}  ${formatBytes(size)}`),
    '',
    paint(io, 'bold', isLong ? 'Blocks (tensors: into a pipe, or with --json)' : 'Tensors'),
    ...table(rows)
      .split('\n')
      .map(line => `  ${line}`),
  ].join('\n');
}

/** So many lines a terminal shows tensor by tensor. */
const MOST_LINES = 100;

function blockRows({ blocks }: FolderMergePreview): readonly (readonly string[])[] {
  return blocks.map(({ block, tensors, how, bytes }) => [
    block,
    counted(tensors, 'tensor'),
    how.join(', '),
    formatBytes(bytes),
  ]);
}

function tensorRow(tensor: FolderMergePreview['tensors'][number]): readonly string[] {
  const { name, action, method, from, dtype, shape } = tensor;
  const how = { compute: method ?? '', copy: `from ${from}`, same: 'as in all' }[action];
  return [name, `${dtype}[${shape.join(', ')}]`, how];
}
