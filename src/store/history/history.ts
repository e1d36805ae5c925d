import type { CommitId, ObjectId } from '../../base/ids.ts';

/** Who and when, as Git writes it. */
export interface Signature {
  readonly name: string;
  readonly email: string;
  /** Seconds since the epoch. */
  readonly timestamp: number;
  /** Minutes east of UTC. */
  readonly timezoneOffset: number;
}

/** A Git commit. */
export interface Commit {
  readonly id: CommitId;
  readonly tree: ObjectId;
  readonly parents: readonly CommitId[];
  readonly author: Signature;
  readonly committer: Signature;
  /** The whole message, trailing line feed included. */
  readonly message: string;
  readonly signed: boolean;
}

/** What a new commit says. Author and committer default to the configured identity and the clock. */
export interface NewCommit {
  readonly tree: ObjectId;
  readonly parents: readonly CommitId[];
  readonly message: string;
  readonly author?: Signature;
  readonly committer?: Signature;
  /** Sign with the configured key (`gpg.format`, `user.signingKey`); default: `commit.gpgSign`. */
  readonly sign?: boolean;
}

/** One line of a tree object: a file, or a folder (0o040000). */
export interface TreeEntry {
  readonly name: string;
  readonly mode: number;
  readonly id: ObjectId;
}

/** One file of a flattened tree. `path` uses `/`. */
export interface TreeFile {
  readonly path: string;
  /** 0o100644, 0o100755, 0o120000 (symbolic link) or 0o160000 (submodule). */
  readonly mode: number;
  readonly id: ObjectId;
}

/** A change of one ref. `expected` null: must not exist; undefined: anything. `target` null deletes. */
export interface RefUpdate {
  readonly ref: string;
  readonly target: ObjectId | null;
  readonly expected?: ObjectId | null;
}

/** A line of a reflog, newest first in {@link History.reflog}. */
export interface ReflogEntry {
  readonly old: ObjectId;
  readonly new: ObjectId;
  readonly who: Signature;
  readonly message: string;
}

/** Where HEAD points: a branch (which may have no commit yet), or a commit. */
export type Head =
  | { readonly kind: 'branch'; readonly ref: string; readonly commit: CommitId | undefined }
  | { readonly kind: 'detached'; readonly commit: CommitId };

/** Credentials and transport of a Git remote. */
export interface TransferOptions {
  readonly signal?: AbortSignal;
  readonly onMessage?: (text: string) => void;
}

/** A ref that a remote offers. `peeled` is what an annotated tag names in the end; `symbolicTarget` where its HEAD points. */
export interface RemoteRef {
  readonly ref: string;
  readonly id: ObjectId;
  readonly symbolicTarget?: string;
  readonly peeled?: ObjectId;
}

/** A ref of a push. `force` skips the fast-forward check; `expected` is the lease. */
export interface PushRefSpec {
  readonly source: ObjectId | null;
  readonly ref: string;
  readonly force?: boolean;
  readonly expected?: ObjectId | null;
}

/** How the other side answered for one ref. */
export interface PushRefResult {
  readonly ref: string;
  readonly ok: boolean;
  readonly reason?: string;
}

/**
 * The Git repository behind an mgit repository. Two implementations pass one contract suite
 * (`tests/store/history/contract.ts`): `embedded` on isomorphic-git, `system` on the git program.
 *
 * Every mutation takes Git's own lock files, writes reflogs, and refuses repositories whose format it does not know
 * (`REPOSITORY_UNSUPPORTED`) before any write. Errors: `OBJECT_MISSING`, `OBJECT_CORRUPT`, `REF_CONFLICT` (a compare-and-swap that
 * failed), `REF_INVALID`, `REF_LOCKED`, `REVISION_UNKNOWN`, `REVISION_AMBIGUOUS`, `IDENTITY_UNKNOWN`, `SIGNING_FAILED`, `HOOK_FAILED`.
 */
export interface History {
  readonly implementation: 'embedded' | 'system';
  /** Absolute path of the `.git` directory (the common one of linked work trees is `commonDirectory`). */
  readonly gitDirectory: string;
  readonly commonDirectory: string;
  /** Absolute path of the work tree; undefined in a bare repository. */
  readonly workTree: string | undefined;

  // Objects
  readBlob(id: ObjectId): Promise<Uint8Array>;
  /** Several blobs, in the order asked; reads ahead. */
  readBlobs(ids: Iterable<ObjectId>): AsyncIterable<Uint8Array>;
  /** How many bytes a blob has. */
  blobSize(id: ObjectId): Promise<number>;
  /** The bytes of a blob that may be larger than memory, in order. The embedded implementation holds it all. */
  streamBlob(id: ObjectId): AsyncIterable<Uint8Array>;
  writeBlob(bytes: Uint8Array): Promise<ObjectId>;
  /** The id that `writeBlob` would return. */
  hashBlob(bytes: Uint8Array): ObjectId;
  readCommit(id: CommitId): Promise<Commit>;
  /** Writes a commit object; moves no ref and runs no hook. */
  writeCommit(commit: NewCommit): Promise<CommitId>;
  /** A commit object as it is, signature and unknown headers included. */
  readCommitObject(id: CommitId): Promise<Uint8Array>;
  /** Writes a commit object as it is. Errors: `OBJECT_CORRUPT` for bytes that are no commit. */
  writeCommitObject(bytes: Uint8Array): Promise<CommitId>;
  /** An annotated tag as it is. Errors: `OBJECT_TYPE_MISMATCH` for what is none. */
  readTagObject(id: ObjectId): Promise<Uint8Array>;
  /** Writes a tag object as it is. Errors: `OBJECT_CORRUPT` for bytes that are no tag. */
  writeTagObject(bytes: Uint8Array): Promise<ObjectId>;
  /** The entries of one tree, folders among them. Errors: `TREE_INVALID` for names that no tree may hold. */
  readTreeEntries(tree: ObjectId): Promise<readonly TreeEntry[]>;
  /** Writes one tree; its entries must exist. */
  writeTreeEntries(entries: readonly TreeEntry[]): Promise<ObjectId>;
  /** All files below a tree, sorted by path; `prefix` (a folder) limits them. */
  listTree(tree: ObjectId, prefix?: string): Promise<readonly TreeFile[]>;
  findInTree(tree: ObjectId, path: string): Promise<TreeFile | undefined>;
  /** Writes the tree of these files. Errors: `TREE_INVALID` for a path that Git or any file system would refuse. */
  writeTree(files: readonly TreeFile[]): Promise<ObjectId>;
  hasObject(id: ObjectId): Promise<boolean>;

  // Revisions and ancestry
  /** Names, abbreviations, `HEAD~2`, `@{1}`, `tag^{}`, ... as Git reads them; peels to a commit. */
  resolveCommit(revision: string): Promise<CommitId>;
  /** Like `resolveCommit`, but any object, unpeeled. */
  resolveObject(revision: string): Promise<ObjectId>;
  /** Commits reachable from `include` and not from `exclude`, newest first, parents after children. */
  walk(options: {
    readonly include: readonly CommitId[];
    readonly exclude?: readonly CommitId[];
    readonly firstParent?: boolean;
    readonly limit?: number;
  }): AsyncIterable<Commit>;
  /** All best common ancestors. */
  mergeBases(left: CommitId, right: CommitId): Promise<readonly CommitId[]>;
  isAncestor(ancestor: CommitId, descendant: CommitId): Promise<boolean>;
  /** A unique abbreviation, at least `core.abbrev` or 7 long. */
  abbreviate(id: ObjectId): Promise<string>;
  /** The same for many commits at once, in their order. */
  abbreviateCommits(ids: readonly CommitId[]): Promise<readonly string[]>;

  // Refs
  head(): Promise<Head>;
  /** Points HEAD at a branch (which need not exist) or detaches it. */
  setHead(target: { readonly branch: string } | { readonly commit: CommitId }, reason: string): Promise<void>;
  readRef(ref: string): Promise<ObjectId | undefined>;
  listRefs(prefix: string): Promise<readonly { readonly ref: string; readonly id: ObjectId }[]>;
  /** All or nothing. `reason` goes to the reflogs. Errors: `REF_CONFLICT`, `REF_LOCKED`. */
  updateRefs(updates: readonly RefUpdate[], reason: string): Promise<void>;
  reflog(ref: string): Promise<readonly ReflogEntry[]>;
  /**
   * Removes an entry of a ref's log (0 is the newest), which must lead to `expected`. The ref is then at the newest that is left; with
   * none left it is gone. Errors: `REF_CONFLICT`, `REF_LOCKED`.
   */
  dropReflogEntry(ref: string, position: number, expected: ObjectId): Promise<void>;
  /** An annotated tag object; the caller creates the ref. */
  writeTag(tag: {
    readonly name: string;
    readonly target: CommitId;
    readonly message: string;
    readonly sign?: boolean;
  }): Promise<ObjectId>;

  // Configuration, identity, hooks
  /** The last value of a key in system, global (`~/.gitconfig`, XDG), local and environment configuration, includes honoured. */
  config(key: string): Promise<string | undefined>;
  configAll(key: string): Promise<readonly string[]>;
  setConfig(key: string, value: string | null, scope: 'local' | 'global'): Promise<void>;
  listConfig(): Promise<readonly { readonly key: string; readonly value: string }[]>;
  identity(role: 'author' | 'committer'): Promise<Signature>;
  /** Runs a hook of the repository (`core.hooksPath` honoured); true when there is none. A non-zero exit is false. */
  runHook(name: string, args: readonly string[], stdin?: string): Promise<boolean>;

  // Transfer of commits, manifests and refs (never of packs)
  /** Refs of a remote, by URL or configured name. Errors: `REMOTE_UNREACHABLE`, `REMOTE_AUTH`, `REMOTE_NOT_FOUND`. */
  listRemoteRefs(remote: string, options?: TransferOptions): Promise<readonly RemoteRef[]>;
  /** Fetches objects of the given remote refs; updates no local ref. */
  fetchObjects(
    remote: string,
    refs: readonly { readonly ref: string; readonly id: ObjectId }[],
    options?: TransferOptions & { readonly depth?: number },
  ): Promise<void>;
  /** Pushes without running git-lfs's hooks. Errors: as `listRemoteRefs`; a refused ref is a result, not an error. */
  pushRefs(
    remote: string,
    refs: readonly PushRefSpec[],
    options?: TransferOptions,
  ): Promise<readonly PushRefResult[]>;

  close(): Promise<void>;
}
