import type { FileSystem, OpenFile } from '../../../src/base/ports/file-system.ts';
import type { Ports } from '../../../src/base/ports/ports.ts';

/** When a process ends itself: at its `operation`-th look at the world (from 1). */
export interface Death {
  readonly operation: number;
  /** `before` the operation, `amid` it (half of a write, a program just started), or `after` it. */
  readonly when: 'before' | 'amid' | 'after';
}

/** Ports that count what is done through them, and call `die` at an instant. */
export interface DyingPorts {
  readonly ports: Ports;
  /** Operations so far. */
  count(): number;
}

type Step = <Result>(operation: () => Promise<Result>, half?: () => Promise<unknown>) => Promise<Result>;

/**
 * Wraps the ports of a program so that it dies at a chosen operation on files or programs: crashes become as dense as its
 * steps, where those at a random time mostly hit the loading of modules. Without `death` it only counts.
 */
export function dyingPorts(real: Ports, death: Death | undefined, die: () => void): DyingPorts {
  let operations = 0;
  const step: Step = async (operation, half) => {
    operations++;
    if (operations !== death?.operation) return operation();
    if (death.when === 'amid') await half?.();
    if (death.when !== 'after') die();
    const result = await operation();
    die();
    return result;
  };
  return {
    ports: {
      ...real,
      fs: dyingFileSystem(real.fs, step),
      processes: {
        ...real.processes,
        run: request =>
          step(
            () => real.processes.run(request),
            async () => void real.processes.run(request).catch(() => {}),
          ),
      },
    },
    count: () => operations,
  };
}

/** Only what changes files counts: between two reads nothing differs. */
function dyingFileSystem(fs: FileSystem, step: Step): FileSystem {
  return {
    ...fs,
    open: async (path, mode, permissions) => {
      if (mode === 'read') return fs.open(path, mode, permissions);
      return dyingFile(await step(() => fs.open(path, mode, permissions)), step);
    },
    makeDirectory: path => step(() => fs.makeDirectory(path)),
    rename: (from, to) => step(() => fs.rename(from, to)),
    removeFile: path => step(() => fs.removeFile(path)),
    removeDirectory: (path, options) => step(() => fs.removeDirectory(path, options)),
    symlink: (target, path) => step(() => fs.symlink(target, path)),
    chmod: (path, mode) => step(() => fs.chmod(path, mode)),
    makeTemporaryDirectory: prefix => step(() => fs.makeTemporaryDirectory(prefix)),
  };
}

function dyingFile(file: OpenFile, step: Step): OpenFile {
  return {
    ...file,
    write: (buffer, position) =>
      step(
        () => file.write(buffer, position),
        () => file.write(buffer.subarray(0, buffer.length >> 1), position),
      ),
    append: buffer =>
      step(
        () => file.append(buffer),
        () => file.append(buffer.subarray(0, buffer.length >> 1)),
      ),
    truncate: length => step(() => file.truncate(length)),
    sync: () => step(() => file.sync()),
  };
}
