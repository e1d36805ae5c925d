import { counted } from '../../base/counted.ts';
import type { GcResult } from '../../ops/maintenance/gc.ts';
import { formatBytes } from '../io.ts';

/** What `mgit gc` did, for a person. */
export function gcText(result: GcResult): string {
  const going = result.fates.filter(({ fate }) => fate === 'removed' || fate === 'rewritten');
  const spared = result.dryRun ? 0 : going.length - result.removed.length;
  const young = result.fates.filter(({ fate, deadBytes }) => fate === 'young' && deadBytes > 0);
  const verb = result.dryRun ? 'would free' : 'freed';
  const lines = [
    going.length === 0 ? 'nothing to remove' : `${verb} ${formatBytes(sum(going))}: ${counts(result)}`,
    spared === 0 ? '' : `${counted(spared, 'pack')} spared: another process has begun to use them`,
    young.length === 0
      ? ''
      : `${formatBytes(sum(young))} unreached in ${counted(young.length, 'pack')} too young to go`,
    result.staleCaches === 0
      ? ''
      : `${result.dryRun ? 'would forget' : 'forgot'} ${counted(result.staleCaches, 'cached index', 'cached indexes')}`,
    result.evicted.length === 0
      ? ''
      : `${counted(result.evicted.length, 'pack')} beyond mgit.cacheQuota removed: the remote has them`,
  ];
  return lines.filter(Boolean).join('\n');
}

function counts({ fates }: GcResult): string {
  const of = (fate: string): number => fates.filter(pack => pack.fate === fate).length;
  const extents = fates
    .filter(({ fate }) => fate === 'removed' || fate === 'rewritten')
    .reduce((total, { deadExtents }) => total + deadExtents, 0);
  return `${counted(extents, 'extent')}, ${counted(of('removed'), 'pack')} removed, ${counted(of('rewritten'), 'pack')} rewritten`;
}

function sum(fates: GcResult['fates']): number {
  return fates.reduce((total, { deadBytes }) => total + deadBytes, 0);
}
