import type { CommitId, ObjectId } from '../../../base/ids.ts';
import type { History } from '../history.ts';
import { readCommit } from '../objects/object-history.ts';
import { type ObjectType, objectMissing } from '../objects/object-store.ts';
import { tagTarget } from '../objects/tag-object.ts';
import { MODE, parseTree } from '../objects/tree-object.ts';
import { isRefName } from '../ref-names.ts';
import { readReflog } from '../reflog-file.ts';
import { revisionAmbiguous, revisionUnknown } from '../revision-errors.ts';
import type { EmbeddedObjects } from './embedded-objects.ts';
import { readHead } from './embedded-refs.ts';
import { followRef, type RefFiles, refRoot } from './ref-files.ts';
import { parseRevision, type RevisionBase, type RevisionStep } from './revision-parser.ts';

type RevisionMethods = Pick<History, 'resolveCommit' | 'resolveObject' | 'abbreviate' | 'abbreviateCommits'>;

/** What revisions are looked up in. */
export interface RevisionContext extends Pick<History, 'config'> {
  readonly files: RefFiles;
  readonly store: EmbeddedObjects;
}

/** Names, abbreviations and expressions to objects. */
export function embeddedRevisions(context: RevisionContext): RevisionMethods {
  return {
    resolveObject: revision => resolve(context, revision, []),
    resolveCommit: async revision =>
      (await resolve(context, revision, [{ kind: 'peel', type: 'commit' }])) as CommitId,
    abbreviate: id => abbreviate(context, id),
    abbreviateCommits: async ids => {
      const short: string[] = [];
      for (const id of ids) short.push(await abbreviate(context, id));
      return short;
    },
  };
}

/** Where git looks for a short name. Source: gitrevisions(7). */
const PLACES = [
  (name: string) => name,
  (name: string) => `refs/${name}`,
  (name: string) => `refs/tags/${name}`,
  (name: string) => `refs/heads/${name}`,
  (name: string) => `refs/remotes/${name}`,
  (name: string) => `refs/remotes/${name}/HEAD`,
];

async function resolve(
  context: RevisionContext,
  revision: string,
  more: readonly RevisionStep[],
): Promise<ObjectId> {
  const { base, steps } = parseRevision(revision);
  const all = [...steps, ...more];
  let id = await resolveBase(context, base, { revision, wantsCommit: all.some(asksForCommit) });
  if (id !== undefined && !(await context.store.has(id))) id = undefined;
  for (const step of all) id = id === undefined ? undefined : await applyStep(context, id, step);
  if (id === undefined) throw revisionUnknown(revision);
  return id;
}

function asksForCommit(step: RevisionStep): boolean {
  return (
    step.kind === 'parent' || step.kind === 'ancestor' || (step.kind === 'peel' && step.type === 'commit')
  );
}

interface Question {
  readonly revision: string;
  /** Decides between objects of one abbreviation. */
  readonly wantsCommit: boolean;
}

async function resolveBase(
  context: RevisionContext,
  base: RevisionBase,
  question: Question,
): Promise<ObjectId | undefined> {
  switch (base.kind) {
    case 'name':
      return resolveName(context, base.name, question);
    case 'reflog':
      return resolveReflog(context, base.name, base.entry);
    case 'previous':
      return resolvePrevious(context, base.number, question);
    case 'upstream':
      return resolveUpstream(context, base.name);
  }
}

async function resolveName(
  context: RevisionContext,
  name: string,
  question: Question,
): Promise<ObjectId | undefined> {
  if (/^[0-9a-f]{40}$/.test(name)) return name as ObjectId;
  const ref = await findRef(context.files, name);
  if (ref !== undefined) return (await followRef(context.files, ref)).id;
  const described = /-g([0-9a-f]{4,40})$/.exec(name)?.[1];
  const digits = described ?? name.toLowerCase();
  return /^[0-9a-f]{4,39}$/.test(digits) ? resolveAbbreviation(context, digits, question) : undefined;
}

async function findRef(files: RefFiles, name: string): Promise<string | undefined> {
  for (const place of PLACES) {
    const ref = place(name);
    if (isRefName(ref) && (await followRef(files, ref)).id !== undefined) return ref;
  }
  return undefined;
}

async function resolveAbbreviation(
  { store }: RevisionContext,
  digits: string,
  question: Question,
): Promise<ObjectId | undefined> {
  const found = await store.withPrefix(digits);
  if (found.length < 2) return found[0];
  const commits: ObjectId[] = [];
  for (const id of question.wantsCommit ? found : [])
    if ((await peel({ store }, id, 'commit')) !== undefined) commits.push(id);
  if (commits.length !== 1) throw revisionAmbiguous(question.revision);
  return commits[0];
}

/** `name@{0}` is where the ref is; the log's oldest entry also says where it was before. */
async function resolveReflog(
  { files }: RevisionContext,
  name: string,
  entry: number,
): Promise<ObjectId | undefined> {
  const ref = name === '' ? await currentRef(files) : await findRef(files, name);
  if (ref === undefined) return undefined;
  const log = await readReflog(files.ports.fs, refRoot(files, ref), ref);
  if (entry === 0 && log.length === 0) return (await followRef(files, ref)).id;
  const found = entry < log.length ? log[entry]?.new : entry === log.length ? log.at(-1)?.old : undefined;
  return found === undefined || /^0+$/.test(found) ? undefined : found;
}

async function currentRef(files: RefFiles): Promise<string> {
  const head = await readHead(files);
  return head.kind === 'branch' ? head.ref : 'HEAD';
}

/** The branch before the last switches, from HEAD's log. */
async function resolvePrevious(
  context: RevisionContext,
  number: number,
  question: Question,
): Promise<ObjectId | undefined> {
  const { files } = context;
  const log = await readReflog(files.ports.fs, files.gitDirectory, 'HEAD');
  const moves = log.flatMap(({ message }) => /^checkout: moving from (\S+) to /.exec(message)?.[1] ?? []);
  const name = moves[number - 1];
  return name === undefined ? undefined : resolveName(context, name, question);
}

async function resolveUpstream(
  { files, config }: RevisionContext,
  name: string,
): Promise<ObjectId | undefined> {
  const ref = name === '' || name === 'HEAD' ? await currentRef(files) : `refs/heads/${name}`;
  const branch = ref.replace(/^refs\/heads\//, '');
  const [remote, merge] = [await config(`branch.${branch}.remote`), await config(`branch.${branch}.merge`)];
  if (remote === undefined || merge === undefined) return undefined;
  const tracking = remote === '.' ? merge : merge.replace(/^refs\/heads\//, `refs/remotes/${remote}/`);
  return (await followRef(files, tracking)).id;
}

async function applyStep(
  { store }: RevisionContext,
  id: ObjectId,
  step: RevisionStep,
): Promise<ObjectId | undefined> {
  if (step.kind === 'peel') return peel({ store }, id, step.type);
  if (step.kind === 'path') return atPath(store, id, step.path);
  let commit = (await peel({ store }, id, 'commit')) as CommitId | undefined;
  if (commit === undefined) return undefined;
  if (step.kind === 'parent')
    return step.number === 0 ? commit : (await readCommit(store, commit)).parents[step.number - 1];
  for (let left = step.generations; left > 0 && commit !== undefined; left--)
    commit = (await readCommit(store, commit)).parents[0];
  return commit;
}

/** Through tags, and from a commit to its tree, to an object of the type. */
async function peel(
  { store }: Pick<RevisionContext, 'store'>,
  id: ObjectId,
  type: '' | 'object' | ObjectType,
): Promise<ObjectId | undefined> {
  if (type === 'object') return id;
  const object = await store.read(id);
  if (object.type === type || (type === '' && object.type !== 'tag')) return id;
  if (object.type === 'tag') return peel({ store }, tagTarget(id, object.bytes), type);
  if (type === 'tree' && object.type === 'commit') return (await readCommit(store, id as CommitId)).tree;
  return undefined;
}

async function atPath(store: EmbeddedObjects, id: ObjectId, path: string): Promise<ObjectId | undefined> {
  let tree = await peel({ store }, id, 'tree');
  const segments = path.split('/').filter(segment => segment !== '');
  for (const [index, segment] of segments.entries()) {
    if (tree === undefined) return undefined;
    const { bytes } = await store.read(tree);
    const entry = parseTree(tree, bytes).find(({ name }) => name === segment);
    if (entry === undefined || index === segments.length - 1) return entry?.id;
    tree = entry.mode === MODE.directory ? entry.id : undefined;
  }
  return tree;
}

async function abbreviate({ store, config }: RevisionContext, id: ObjectId): Promise<string> {
  if (!(await store.has(id))) throw objectMissing(id);
  const shortest = Math.max(7, Number(await config('core.abbrev')) || 0);
  for (let length = shortest; length < id.length; length++)
    if ((await store.withPrefix(id.slice(0, length))).length < 2) return id.slice(0, length);
  return id;
}
