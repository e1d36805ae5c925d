import { createHash } from 'node:crypto';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { LongOperation } from '../../base/events.ts';
import { type FileByteSource, openByteSource } from '../../formats/byte-source.ts';
import type { LfsPointer } from '../../formats/pointer-file.ts';
import { fileSlices } from '../../remote/backends/file-stream.ts';
import { FILE_WORDING } from '../../remote/backends/wording.ts';
import { downloadFile } from '../../remote/download-file.ts';
import {
  type LfsFiles,
  lfsDirectory,
  lfsObjectPath,
  localLfsDirectory,
  openLfsFiles,
} from '../../remote/lfs-files.ts';
import { transferProgress } from '../../remote/progress.ts';
import { readRemote, remoteNames } from '../../remote/remote.ts';
import { parseConfig } from '../../store/history/embedded/config-parser.ts';
import type { Repository } from '../repository.ts';

/** Where files kept by Git LFS come from: the repository's own LFS store first, then that of a remote. */
export interface LfsSource {
  /** Of these, those that are in neither. Errors: those of the transport. */
  absent(pointers: readonly LfsPointer[], options: LongOperation): Promise<readonly LfsPointer[]>;
  /** Opens a file whose bytes have the pointer's digest. What was downloaded is removed afterwards. */
  use<Result>(
    pointer: LfsPointer,
    action: (source: FileByteSource) => Promise<Result>,
    options: LongOperation,
  ): Promise<Result>;
}

/** `remote`: a name or URL; one that is not configured is none. */
export async function lfsSource(repository: Repository, remote: string): Promise<LfsSource> {
  const directory = await localLfsDirectory(repository.history);
  let opened: Promise<LfsFiles | undefined> | undefined;
  const elsewhere = (): Promise<LfsFiles | undefined> => {
    opened ??= openRemote(repository, remote);
    return opened;
  };
  const own = lfsDirectory(repository.ports.fs, directory);
  return {
    absent: async (pointers, options) => {
      const missing: LfsPointer[] = [];
      for (const pointer of pointers) if (!(await own.has([pointer])).length) missing.push(pointer);
      if (missing.length === 0) return [];
      const there = new Set((await (await elsewhere())?.has(missing, options))?.map(({ oid }) => oid));
      return missing.filter(({ oid }) => !there.has(oid));
    },
    use: async (pointer, action, options) => {
      const here = lfsObjectPath(directory, pointer.oid);
      if (await isIntact(repository, here, pointer)) return withFile(repository, here, action);
      const path = await download(repository, await elsewhere(), { pointer, options });
      try {
        return await withFile(repository, path, action);
      } finally {
        await repository.ports.fs.removeFile(path);
      }
    },
  };
}

async function openRemote(repository: Repository, remote: string): Promise<LfsFiles | undefined> {
  const { history } = repository;
  const isNamed = /[/\\:]/.test(remote) || (await remoteNames(history)).includes(remote);
  if (!isNamed) return undefined;
  const found = await readRemote(history, remote);
  return openLfsFiles(repository, found, await proposedUrl(repository, found.name));
}

/** What `.lfsconfig` of HEAD names. Source: git-lfs-config(5). */
async function proposedUrl({ history }: Repository, name: string | undefined): Promise<string | undefined> {
  const { commit } = await history.head();
  const file = commit && (await history.findInTree((await history.readCommit(commit)).tree, '.lfsconfig'));
  if (!file) return undefined;
  const items = parseConfig(Buffer.from(await history.readBlob(file.id)).toString('utf8'), '.lfsconfig');
  const value = (key: string) => items.findLast(item => item.kind === 'variable' && item.key === key)?.value;
  return (name === undefined ? undefined : value(`remote.${name}.lfsurl`)) ?? value('lfs.url');
}

async function isIntact({ ports }: Repository, path: string, { oid, size }: LfsPointer): Promise<boolean> {
  try {
    if ((await ports.fs.stat(path)).size !== size) return false;
    const hash = createHash('sha256');
    for await (const slice of fileSlices(ports.fs, path)) hash.update(slice);
    return hash.digest('hex') === oid;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

async function withFile<Result>(
  { ports }: Repository,
  path: string,
  action: (source: FileByteSource) => Promise<Result>,
): Promise<Result> {
  await using source = await openByteSource(ports.fs, path);
  return await action(source); // Awaited here: the file closes on return.
}

function download(
  repository: Repository,
  files: LfsFiles | undefined,
  { pointer, options }: { readonly pointer: LfsPointer; readonly options: LongOperation },
): Promise<string> {
  const { absent, damagedHint } = FILE_WORDING;
  const name = FILE_WORDING.name(pointer);
  if (files === undefined) throw new MgitError(absent.code, `${name} is not here`, { hint: absent.hint });
  const load = (range: Parameters<LfsFiles['load']>[1], how: LongOperation) =>
    files.load(pointer, range, how);
  const onBytes = transferProgress('download', pointer.size, options.onEvent);
  const wanted = { ...pointer, id: pointer.oid, name, damagedHint, load };
  return downloadFile(repository, wanted, { signal: options.signal, onBytes });
}
