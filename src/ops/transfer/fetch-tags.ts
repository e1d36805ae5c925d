import type { RemoteRef } from '../../store/history/history.ts';
import type { Repository } from '../repository.ts';
import type { WantedRef } from './fetch-refs.ts';

/** `follow`: tags of commits that are fetched anyway, as Git does. */
export type TagPolicy = 'follow' | 'all' | 'none';

/** The remote's tags that are new here and that the policy asks for. Existing tags are never moved. */
export async function wantedTags(
  { history }: Repository,
  offered: readonly RemoteRef[],
  policy: TagPolicy,
): Promise<readonly WantedRef[]> {
  if (policy === 'none') return [];
  const here = new Set((await history.listRefs('refs/tags/')).map(({ ref }) => ref));
  const wanted: WantedRef[] = [];
  for (const { ref, id, peeled } of offered) {
    if (!ref.startsWith('refs/tags/') || here.has(ref)) continue;
    if (policy === 'all' || (await history.hasObject(peeled ?? id)))
      wanted.push({ remoteRef: ref, id, destination: ref, force: false });
  }
  return wanted;
}
