import { counted } from '../../base/counted.ts';
import type { FolderMergeOutcome } from '../../ops/merge-folder/merge-folder.ts';
import type { ShardOutcome } from '../../ops/merge-folder/merge-shards.ts';
import type { FolderMergePreview } from '../../ops/merge-folder/preview.ts';
import { type CliIo, formatBytes, paint, table } from '../io.ts';

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
  const { method, models, files, read, written, memory, blocks } = preview;
  const rows = blocks.map(({ block, tensors, how, bytes }) => [
    block,
    `${tensors} ${tensors === 1 ? 'tensor' : 'tensors'}`,
    how.join(', '),
    formatBytes(bytes),
  ]);
  return [
    `Would merge ${models.join(', ')} by ${method}`,
    `  reads ${formatBytes(read)}, writes ${formatBytes(written)}, needs up to ${formatBytes(memory)} of memory`,
    ...files.map(({ name, size }) => `  ${name}  ${formatBytes(size)}`),
    '',
    paint(io, 'bold', 'Blocks'),
    ...table(rows, ['left', 'right', 'left', 'right'])
      .split('\n')
      .map(line => `  ${line}`),
  ].join('\n');
}
