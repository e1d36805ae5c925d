import { MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import { globMatcher } from '../../base/globs.ts';
import type { CommitId, ObjectId } from '../../base/ids.ts';
import type { Repository } from '../repository.ts';
import { materialise } from './materialise.ts';
import { recordOperation } from './operations.ts';

/** A tag of a listing; `target` is the commit, `annotated` when a tag object stands between. */
export interface TagInfo {
  readonly name: string;
  readonly target: CommitId;
  readonly annotated: boolean;
}

/** The tags that match a glob (default all), sorted by name. */
export async function listTags(repository: Repository, glob = '*'): Promise<readonly TagInfo[]> {
  const { history } = repository;
  const matches = globMatcher(glob);
  const refs = (await history.listRefs('refs/tags/')).filter(({ ref }) => matches(ref.slice(10)));
  return Promise.all(
    refs.map(async ({ ref, id }) => {
      const target = await history.resolveCommit(ref);
      return { name: ref.slice(10), target, annotated: target !== id };
    }),
  );
}

/** What a new tag is. With a message (or `sign`) it is annotated. */
export interface NewTag {
  readonly name: string;
  readonly revision: string;
  readonly message?: string;
  readonly sign?: boolean;
  readonly force?: boolean;
}

/**
 * Makes a tag. An annotated one is a release, whose merged tensors are stored as they are (see {@link materialise}). Errors: `TAG_EXISTS`,
 * `REVISION_UNKNOWN`, `REF_INVALID`, `SIGNING_FAILED`, those of reading.
 */
export async function createTag(
  repository: Repository,
  tag: NewTag,
  options: LongOperation = {},
): Promise<TagInfo> {
  const { history } = repository;
  const ref = `refs/tags/${tag.name}`;
  const known = await history.readRef(ref);
  if (known !== undefined && !tag.force)
    throw new MgitError('TAG_EXISTS', `there is a tag ${tag.name} already`, {
      hint: 'choose another name, or move it with -f',
    });
  const target = await history.resolveCommit(tag.revision);
  const annotated = tag.message !== undefined;
  if (annotated) await materialise(repository, target, options);
  const id = annotated ? await writeTagObject(repository, tag, target) : target;
  await recordOperation(repository, { command: `tag ${tag.name}`, files: 'kept' }, recorded =>
    recorded.history.updateRefs([{ ref, target: id, expected: known ?? null }], `tag: tagging ${target}`),
  );
  return { name: tag.name, target, annotated };
}

function writeTagObject(repository: Repository, tag: NewTag, target: CommitId): Promise<ObjectId> {
  const message = `${(tag.message ?? '').trimEnd()}\n`;
  const { name, sign } = tag;
  return repository.history.writeTag({ name, target, message, ...(sign === undefined ? {} : { sign }) });
}

/** Deletes tags. Errors: `TAG_UNKNOWN`. Returns where they pointed. */
export async function deleteTags(
  repository: Repository,
  names: readonly string[],
): Promise<readonly { readonly name: string; readonly id: ObjectId }[]> {
  const { history } = repository;
  const found: { name: string; ref: string; id: ObjectId }[] = [];
  for (const name of names) {
    const ref = `refs/tags/${name}`;
    const id = await history.readRef(ref);
    if (id === undefined)
      throw new MgitError('TAG_UNKNOWN', `there is no tag ${name}`, {
        hint: 'see "mgit tag" for those there are',
      });
    found.push({ name, ref, id });
  }
  await recordOperation(repository, { command: `tag -d ${names.join(' ')}`, files: 'kept' }, recorded =>
    recorded.history.updateRefs(
      found.map(({ ref, id }) => ({ ref, target: null, expected: id })),
      'tag: deleted',
    ),
  );
  return found;
}
