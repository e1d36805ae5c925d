import { counted } from '../../base/counted.ts';
import type { ExtractedAdapter } from '../../ops/adapters/extract-adapter.ts';
import type { MergedAdapters } from '../../ops/adapters/merge-adapters.ts';
import { table } from '../io.ts';
import { label } from './printable.ts';

/** What came of merging adapters, for a person. */
export function mergedAdaptersText({ out, method, modules, averaged }: MergedAdapters): string {
  return [
    table(modules.map(moduleRow)),
    ...(averaged.length > 0 ? [`averaged: ${averaged.map(label).join(', ')}`] : []),
    `Merged ${counted(modules.length, 'module')} by ${method} into ${out}`,
  ].join('\n');
}

/** What was extracted, for a person. */
export function extractedAdapterText({ out, modules, whole, leftOut }: ExtractedAdapter): string {
  return [
    ...(modules.length > 0 ? [table(modules.map(moduleRow))] : []),
    ...(whole.length > 0 ? [`as a whole: ${whole.map(label).join(', ')}`] : []),
    ...(leftOut.length > 0 ? [`changed, and left out: ${leftOut.map(label).join(', ')}`] : []),
    `Extracted ${counted(modules.length, 'module')} into ${out}`,
  ].join('\n');
}

function moduleRow({ module, rank, lost }: MergedAdapters['modules'][number]): readonly string[] {
  return [
    label(module),
    `rank ${rank}`,
    lost < 1e-9 ? 'all of it' : `${(100 * (1 - lost)).toFixed(1)} % of it`,
  ];
}
