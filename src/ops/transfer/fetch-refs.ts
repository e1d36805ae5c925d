import { MgitError } from '../../base/errors.ts';
import type { ObjectId } from '../../base/ids.ts';
import { mapRef, parseRefspec, type Refspec } from '../../remote/refspec.ts';
import type { Remote } from '../../remote/remote.ts';
import type { RemoteRef } from '../../store/history/history.ts';

/** A ref to fetch. Without a destination only its objects are wanted. */
export interface WantedRef {
  readonly remoteRef: string;
  readonly id: ObjectId;
  readonly destination: string | undefined;
  readonly force: boolean;
}

/** What to fetch: the refspecs given, else those configured. Errors: `REF_NOT_ON_REMOTE`, `REFSPEC_INVALID`. */
export function wantedRefs(
  remote: Remote,
  offered: readonly RemoteRef[],
  given: readonly string[],
): readonly WantedRef[] {
  if (given.length === 0) return mapped(offered, remote.fetch);
  return given.flatMap(text => wantedBy(parseRefspec(text), remote, offered));
}

function mapped(offered: readonly RemoteRef[], refspecs: readonly Refspec[]): readonly WantedRef[] {
  return offered.flatMap(({ ref, id }) => {
    const target = mapRef(ref, refspecs);
    return target
      ? [{ remoteRef: ref, id, destination: target.destination || undefined, force: target.force }]
      : [];
  });
}

function wantedBy(spec: Refspec, remote: Remote, offered: readonly RemoteRef[]): readonly WantedRef[] {
  if (spec.source.includes('*')) return mapped(offered, [spec]);
  const found = offeredRef(offered, spec.source || 'HEAD');
  if (!found)
    throw new MgitError('REF_NOT_ON_REMOTE', `the remote has no ${spec.source}`, {
      hint: 'see what it has with: git ls-remote',
    });
  const { ref, id } = found;
  // A branch fetched by name still updates the ref that tracks it, as Git does.
  const target =
    spec.destination === ''
      ? mapRef(ref, remote.fetch)
      : { destination: qualified(spec.destination, ref), force: spec.force };
  return [
    { remoteRef: ref, id, destination: target?.destination || undefined, force: target?.force ?? false },
  ];
}

/** A ref by its full or short name. Source: gitrevisions(7). */
export function offeredRef(offered: readonly RemoteRef[], name: string): RemoteRef | undefined {
  for (const candidate of [name, `refs/${name}`, `refs/tags/${name}`, `refs/heads/${name}`]) {
    const found = offered.find(entry => entry.ref === candidate);
    if (found) return found;
  }
  return undefined;
}

function qualified(destination: string, source: string): string {
  if (destination.startsWith('refs/')) return destination;
  return source.startsWith('refs/tags/') ? `refs/tags/${destination}` : `refs/heads/${destination}`;
}
