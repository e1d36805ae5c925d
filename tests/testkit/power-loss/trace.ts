import { dirname, relative, sep } from 'node:path';
import type { FileSystem, OpenFile } from '../../../src/base/ports/file-system.ts';

/** What a program did to files below a root. Paths are relative to it, with `/`; `''` is the root. Files are numbered as they are opened. */
export type TraceEvent =
  | { readonly type: 'directory'; readonly path: string }
  | { readonly type: 'symlink'; readonly path: string; readonly target: string }
  | { readonly type: 'open'; readonly path: string; readonly file: number; readonly truncates: boolean }
  | {
      readonly type: 'write';
      readonly file: number;
      readonly position: number | 'end';
      readonly bytes: Uint8Array;
    }
  | { readonly type: 'truncate'; readonly file: number; readonly length: number }
  | { readonly type: 'rename'; readonly from: string; readonly to: string }
  | { readonly type: 'remove'; readonly path: string }
  | SyncEvent;

/** A file or directory became durable as it was when `upTo` events had happened. `site` is the line of `src/` that asked for it. */
export interface SyncEvent {
  readonly type: 'sync';
  readonly what: { readonly file: number } | { readonly directory: string };
  readonly upTo: number;
  readonly site: string;
}

/** A file system that notes what changes below `root`, in the order in which it was done. */
export function recordingFileSystem(
  fs: FileSystem,
  root: string,
): { readonly fs: FileSystem; readonly events: readonly TraceEvent[] } {
  const events: TraceEvent[] = [];
  let files = 0;
  const nameOf = (path: string): string | undefined => {
    const name = relative(root, path).split(sep).join('/');
    return name === '..' || name.startsWith('../') ? undefined : name;
  };
  const noting = async <Result>(
    path: string,
    work: () => Promise<Result>,
    note: (name: string) => TraceEvent,
  ) => {
    const result = await work();
    const name = nameOf(path);
    if (name !== undefined) events.push(note(name));
    return result;
  };
  const synced = async (what: SyncEvent['what'] | undefined, work: () => Promise<void>): Promise<void> => {
    const [upTo, site] = [events.length, siteOf(new Error().stack ?? '')];
    await work();
    if (what !== undefined) events.push({ type: 'sync', what, upTo, site });
  };
  const recording = (opened: OpenFile, file: number): OpenFile => ({
    ...opened,
    write: async (buffer, position) => {
      const bytes = Uint8Array.from(buffer);
      await opened.write(buffer, position);
      events.push({ type: 'write', file, position, bytes });
    },
    append: async buffer => {
      await opened.append(buffer);
      events.push({ type: 'write', file, position: 'end', bytes: Uint8Array.from(buffer) });
    },
    truncate: async length => {
      await opened.truncate(length);
      events.push({ type: 'truncate', file, length });
    },
    sync: () => synced({ file }, () => opened.sync()),
  });
  const makeDirectory = async (path: string): Promise<void> => {
    const missing: string[] = [];
    for (let at = path; !(await exists(fs, at)); at = dirname(at)) missing.unshift(at);
    await fs.makeDirectory(path);
    for (const at of missing) {
      const name = nameOf(at);
      if (name !== undefined) events.push({ type: 'directory', path: name });
    }
  };
  return {
    events,
    fs: {
      ...fs,
      makeDirectory,
      open: async (path, mode, permissions) => {
        const opened = await fs.open(path, mode, permissions);
        const name = nameOf(path);
        if (mode === 'read' || name === undefined) return opened;
        const file = files++;
        events.push({ type: 'open', path: name, file, truncates: mode === 'write' });
        return recording(opened, file);
      },
      rename: (from, to) =>
        noting(
          to,
          () => fs.rename(from, to),
          name => ({ type: 'rename', from: nameOf(from) ?? '', to: name }),
        ),
      removeFile: path =>
        noting(
          path,
          () => fs.removeFile(path),
          name => ({ type: 'remove', path: name }),
        ),
      removeDirectory: (path, options) =>
        noting(
          path,
          () => fs.removeDirectory(path, options),
          name => ({ type: 'remove', path: name }),
        ),
      symlink: (target, path) =>
        noting(
          path,
          () => fs.symlink(target, path),
          name => ({ type: 'symlink', path: name, target }),
        ),
      syncDirectory: path => {
        const directory = nameOf(path);
        return synced(directory === undefined ? undefined : { directory }, () => fs.syncDirectory(path));
      },
      makeTemporaryDirectory: async prefix => {
        const path = await fs.makeTemporaryDirectory(prefix);
        const name = nameOf(path);
        if (name !== undefined) events.push({ type: 'directory', path: name });
        return path;
      },
    },
  };
}

async function exists(fs: FileSystem, path: string): Promise<boolean> {
  return fs.stat(path).then(
    () => true,
    () => false,
  );
}

/** The innermost line of `src/`, as `store/packs/file-sink.ts:61`. */
function siteOf(stack: string): string {
  const found = /\/src\/([^():]+\.ts):(\d+)/.exec(stack);
  return found ? `${found[1]}:${found[2]}` : 'unknown';
}
