import type { TraceEvent } from './trace.ts';

/** A file or directory, whatever it is called. */
export type DiskNode =
  | { readonly kind: 'file'; content: Uint8Array }
  | { readonly kind: 'directory'; readonly entries: Map<string, DiskNode> }
  | { readonly kind: 'symlink'; readonly target: string };
type FileNode = Extract<DiskNode, { kind: 'file' }>;
type DirectoryNode = Extract<DiskNode, { kind: 'directory' }>;

/** A change that a loss of power may take back: no sync has covered it yet. */
export interface Pending {
  /** The number of its event. */
  readonly at: number;
  readonly change: ContentChange | EntryChange;
}

interface ContentChange {
  readonly file: FileNode;
  readonly position: number;
  /** Undefined cuts the file at `position`. */
  readonly bytes: Uint8Array | undefined;
}

/** Entries of directories that change together: a rename changes two. `durableWith` is the directory whose sync covers it. */
interface EntryChange {
  readonly durableWith: DirectoryNode;
  readonly edits: readonly EntryEdit[];
}

interface EntryEdit {
  readonly directory: DirectoryNode;
  readonly name: string;
  /** Undefined removes `old`, if it still is what the name stands for. */
  readonly node: DiskNode | undefined;
  readonly old?: DiskNode | undefined;
}

/**
 * A disk behind a cache. `apply` follows a trace: what programs see changes at once, what is durable only with a sync: a file's sync covers
 * its content, a directory's sync its entries, and neither covers the other. `image` is what is there after a loss of power:
 * what is durable and any subset of what is pending, in its order; of a
 * write that is `torn`, the first half.
 */
export interface Disk {
  apply(event: TraceEvent, at: number): void;
  /** Changes that the last sync would cover, were it not left out. */
  pending(): readonly Pending[];
  coveredBy(event: Extract<TraceEvent, { type: 'sync' }>): readonly Pending[];
  image(kept: ReadonlySet<Pending>, torn?: ReadonlySet<Pending>): DiskNode;
}

/** A disk that durably holds a copy of a directory and of what is below it. */
export function createDisk(root: DirectoryNode): Disk {
  const durable = cloneOf(root, new Map());
  const seen = cloneOf(durable, new Map());
  const opened = new Map<number, { readonly file: FileNode; size: number }>();
  const twin = new Map<DiskNode, DiskNode>();
  pairUp(seen, durable, twin);
  const sizes = new Map<DiskNode, number>();
  let pending: Pending[] = [];
  const stamps = new Map<DirectoryNode, Map<string, number>>();

  const find = (path: string): DiskNode | undefined =>
    path === ''
      ? seen
      : path.split('/').reduce<DiskNode | undefined>((node, name) => entryOf(node, name), seen);
  const place = (path: string): { readonly directory: DirectoryNode; readonly name: string } => {
    const cut = path.lastIndexOf('/');
    const directory = find(path.slice(0, Math.max(cut, 0)));
    if (directory?.kind !== 'directory') throw new Error(`${path} has no directory`);
    return { directory, name: path.slice(cut + 1) };
  };
  const durableOf = <Node extends DiskNode>(node: Node): Node => {
    const found = twin.get(node);
    if (found === undefined) throw new Error('a node without its durable twin');
    return found as Node;
  };
  const register = <Node extends DiskNode>(node: Node): Node => {
    const copy: DiskNode =
      node.kind === 'file'
        ? { kind: 'file', content: new Uint8Array() }
        : node.kind === 'directory'
          ? { kind: 'directory', entries: new Map() }
          : node;
    twin.set(node, copy);
    return node;
  };
  const sizeOf = (file: FileNode): number => sizes.get(file) ?? file.content.length;
  const addContent = (at: number, file: FileNode, position: number, bytes: Uint8Array | undefined): void => {
    sizes.set(file, bytes === undefined ? position : Math.max(sizeOf(file), position + bytes.length));
    pending.push({ at, change: { file: durableOf(file), position, bytes } });
  };
  const addEntries = (at: number, durableWith: DirectoryNode, edits: readonly EntryEdit[]): void => {
    for (const edit of edits)
      if (edit.node) edit.directory.entries.set(edit.name, edit.node);
      else edit.directory.entries.delete(edit.name);
    const durableEdits = edits.map(({ directory, name, node, old }) => ({
      directory: durableOf(directory),
      name,
      node: node && durableOf(node),
      old: old && durableOf(old),
    }));
    pending.push({ at, change: { durableWith: durableOf(durableWith), edits: durableEdits } });
  };
  const addEntry = (at: number, path: string, node: DiskNode): void => {
    const { directory, name } = place(path);
    addEntries(at, directory, [{ directory, name, node: register(node) }]);
  };
  const openFile = (event: Extract<TraceEvent, { type: 'open' }>, at: number): void => {
    let node = find(event.path);
    if (node === undefined) {
      node = { kind: 'file', content: new Uint8Array() };
      addEntry(at, event.path, node);
    }
    if (node.kind !== 'file') throw new Error(`${event.path} is no file`);
    opened.set(event.file, { file: node, size: 0 });
    if (event.truncates && sizeOf(node) > 0) addContent(at, node, 0, undefined);
  };
  const fileOf = (file: number): FileNode => {
    const found = opened.get(file);
    if (found === undefined) throw new Error(`file ${file} was never opened`);
    return found.file;
  };
  const rename = (from: string, to: string, at: number): void => {
    const [source, target] = [place(from), place(to)];
    const node = source.directory.entries.get(source.name);
    if (node === undefined) throw new Error(`${from} is not there`);
    addEntries(at, target.directory, [
      { ...source, node: undefined, old: node },
      { ...target, node },
    ]);
  };
  const remove = (path: string, at: number): void => {
    const { directory, name } = place(path);
    addEntries(at, directory, [{ directory, name, node: undefined, old: directory.entries.get(name) }]);
  };
  const coveredBy: Disk['coveredBy'] = ({ what, upTo }) => {
    const node = 'file' in what ? fileOf(what.file) : find(what.directory);
    if (node === undefined) return [];
    const target = durableOf(node);
    return pending.filter(
      ({ at, change }) => at < upTo && ('file' in change ? change.file : change.durableWith) === target,
    );
  };

  return {
    pending: () => pending,
    coveredBy,
    apply: (event, at) => {
      switch (event.type) {
        case 'directory':
          if (find(event.path) !== undefined) return; // Made by two at once.
          return addEntry(at, event.path, { kind: 'directory', entries: new Map() });
        case 'symlink':
          return addEntry(at, event.path, { kind: 'symlink', target: event.target });
        case 'open':
          return openFile(event, at);
        case 'write': {
          const file = fileOf(event.file);
          return addContent(at, file, event.position === 'end' ? sizeOf(file) : event.position, event.bytes);
        }
        case 'truncate':
          if (event.length === sizeOf(fileOf(event.file))) return;
          return addContent(at, fileOf(event.file), event.length, undefined);
        case 'rename':
          return rename(event.from, event.to, at);
        case 'remove':
          return remove(event.path, at);
        case 'sync': {
          const covered = new Set(coveredBy(event));
          for (const item of pending) if (covered.has(item)) perform(item, stamps);
          pending = pending.filter(item => !covered.has(item));
        }
      }
    },
    image: (kept, torn) => {
      const copies = new Map<DiskNode, DiskNode>();
      const root = cloneOf(durable, copies);
      const copyOf = (node: DiskNode): DiskNode => copies.get(node) ?? cloneOf(node, copies);
      const own = new Map(
        [...stamps].map(([node, names]) => [copyOf(node) as DirectoryNode, new Map(names)]),
      );
      for (const item of pending)
        if (kept.has(item)) perform(translated(torn?.has(item) ? halfOf(item) : item, copyOf), own);
      return root;
    },
  };
}

function halfOf({ at, change }: Pending): Pending {
  if (!('file' in change) || change.bytes === undefined) return { at, change };
  return { at, change: { ...change, bytes: change.bytes.subarray(0, change.bytes.length >> 1) } };
}

function translated({ at, change }: Pending, copyOf: (node: DiskNode) => DiskNode): Pending {
  if ('file' in change) return { at, change: { ...change, file: copyOf(change.file) as FileNode } };
  const edits = change.edits.map(edit => ({
    directory: copyOf(edit.directory) as DirectoryNode,
    name: edit.name,
    node: edit.node && copyOf(edit.node),
    old: edit.old && copyOf(edit.old),
  }));
  return { at, change: { durableWith: copyOf(change.durableWith) as DirectoryNode, edits } };
}

/** A change of an entry that is older than what stands there has no effect any more. */
function perform({ at, change }: Pending, stamps: Map<DirectoryNode, Map<string, number>>): void {
  if ('file' in change) {
    change.file.content = written(change.file.content, change.position, change.bytes);
    return;
  }
  for (const { directory, name, node, old } of change.edits) {
    const own = stamps.get(directory) ?? new Map<string, number>();
    stamps.set(directory, own);
    if ((own.get(name) ?? -1) > at) continue;
    if (node !== undefined) directory.entries.set(name, node);
    else if (directory.entries.get(name) === old) directory.entries.delete(name);
    own.set(name, at);
  }
}

/** What lies between the old end and a write is zeros. */
function written(content: Uint8Array, position: number, bytes: Uint8Array | undefined): Uint8Array {
  const length = bytes === undefined ? position : Math.max(content.length, position + bytes.length);
  const next = new Uint8Array(length);
  next.set(content.subarray(0, length));
  if (bytes !== undefined) next.set(bytes, position);
  return next;
}

function entryOf(node: DiskNode | undefined, name: string): DiskNode | undefined {
  return node?.kind === 'directory' ? node.entries.get(name) : undefined;
}

function cloneOf<Node extends DiskNode>(node: Node, copies: Map<DiskNode, DiskNode>): Node {
  const known = copies.get(node);
  if (known !== undefined) return known as Node;
  if (node.kind === 'symlink') return node;
  if (node.kind === 'file') {
    const copy: DiskNode = { kind: 'file', content: node.content };
    copies.set(node, copy);
    return copy as Node;
  }
  const copy: DirectoryNode = { kind: 'directory', entries: new Map() };
  copies.set(node, copy);
  for (const [name, child] of node.entries) copy.entries.set(name, cloneOf(child, copies));
  return copy as DiskNode as Node;
}

function pairUp(seen: DiskNode, durable: DiskNode, twin: Map<DiskNode, DiskNode>): void {
  twin.set(seen, durable);
  if (seen.kind !== 'directory' || durable.kind !== 'directory') return;
  for (const [name, child] of seen.entries) {
    const other = durable.entries.get(name);
    if (other) pairUp(child, other, twin);
  }
}
