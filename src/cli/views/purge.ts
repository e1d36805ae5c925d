import { counted } from '../../base/counted.ts';
import type { PurgeResult } from '../../ops/maintenance/purge.ts';
import type { PurgePlace } from '../../ops/maintenance/purge-place.ts';
import { formatBytes } from '../io.ts';
import { printable } from './printable.ts';

/** What `mgit purge` did or would do, for a person. */
export function purgeText(result: PurgeResult): string {
  return [
    `${result.isDone ? 'purged' : 'would purge'} ${counted(result.digests.length, 'extent')}`,
    ...result.places.flatMap(place => placeLines(place, result.isDone)),
    ...(result.outOfReach.length > 0 ? ['out of reach:'] : []),
    ...result.outOfReach.flatMap(({ where, why, objects }) => [
      `  ${printable(where)}: ${printable(why)}`,
      ...objects.map(oid => `    object ${oid}`),
    ]),
    ELSEWHERE,
    ...(result.isDone ? [] : ['nothing was changed: --yes does it, and there is no way back']),
  ].join('\n');
}

const ELSEWHERE =
  "not looked at: other people's clones, files of work trees and wherever models were published or mailed";

function placeLines(place: PurgePlace, isDone: boolean): readonly string[] {
  const { plan, touches, protectedBranches, quarantined } = place;
  const packs = isDone ? place.removed.length : plan.packs.length;
  const head = place.remote === null ? 'here' : `remote ${printable(place.remote)}`;
  return [
    `${head}: ${counted(plan.stored.length, 'extent')}, ${formatBytes(plan.bytes)} in ${counted(packs, 'pack')}`,
    `  files: ${listed(touches.flatMap(({ files }) => files))}`,
    `  tensors: ${listed(touches.flatMap(({ tensors }) => tensors))}`,
    `  commits: ${listed(touches.flatMap(({ commits }) => commits).map(commit => commit.slice(0, 7)))}`,
    `  refs: ${listed(touches.flatMap(({ refs }) => refs).map(ref => ref.replace(/^refs\/(?:heads|tags|remotes)\//, '')))}`,
    protectedBranches.length > 0 ? `  protected: ${listed(protectedBranches)}` : '',
    plan.dependents.length > 0
      ? `  stored once more, since computed from it: ${counted(plan.dependents.length, 'extent')}`
      : '',
    quarantined > 0 ? `  not looked into: ${counted(quarantined, 'file')} in mgit/quarantine` : '',
  ].filter(Boolean);
}

function listed(names: readonly string[]): string {
  const all = [...new Set(names)];
  const shown = all.slice(0, 8).map(printable).join(', ');
  if (all.length === 0) return 'none';
  return all.length > 8 ? `${shown} and ${all.length - 8} more` : shown;
}
