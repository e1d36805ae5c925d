import { dirname, join } from 'node:path';
import { isSystemError } from '../../../base/errors.ts';
import type { Ports } from '../../../base/ports/ports.ts';
import { makeDurableDirectory } from '../../packs/durable-directory.ts';
import type { InitHistoryOptions } from '../init.ts';
import { readAllConfig } from './embedded-config.ts';

/** Makes the files of an empty repository, as `git init` does without its sample hooks. An existing one stays as it is. */
export async function embeddedInit(ports: Ports, options: InitHistoryOptions): Promise<void> {
  const { fs } = ports;
  const bare = options.bare ?? false;
  const gitDirectory = bare ? options.directory : join(options.directory, '.git');
  if (await exists(ports, join(gitDirectory, 'HEAD'))) return;
  for (const folder of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags', 'hooks', 'info'])
    await makeDurableDirectory(fs, join(gitDirectory, folder));
  const configured = await readAllConfig({ ports });
  const named = configured.findLast(({ key }) => key === 'init.defaultbranch')?.value;
  await write(ports, join(gitDirectory, 'config'), localConfig(bare));
  // HEAD last: only with it is the directory a repository.
  await write(
    ports,
    join(gitDirectory, 'HEAD'),
    `ref: refs/heads/${options.initialBranch ?? named ?? 'main'}\n`,
  );
}

function localConfig(bare: boolean): string {
  const values = [
    'repositoryformatversion = 0',
    `filemode = ${process.platform !== 'win32'}`,
    `bare = ${bare}`,
    ...(bare ? [] : ['logallrefupdates = true']),
    ...(process.platform === 'darwin' ? ['ignorecase = true', 'precomposeunicode = true'] : []),
    ...(process.platform === 'win32' ? ['symlinks = false', 'ignorecase = true'] : []),
  ];
  return `[core]\n${values.map(value => `\t${value}\n`).join('')}`;
}

async function exists({ fs }: Ports, path: string): Promise<boolean> {
  try {
    await fs.stat(path);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

/** Whole or not at all, also where an earlier attempt was cut off. */
async function write({ fs }: Ports, path: string, text: string): Promise<void> {
  const temporary = `${path}.lock`;
  const file = await fs.open(temporary, 'write');
  try {
    await file.write(Buffer.from(text), 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await fs.rename(temporary, path);
  await fs.syncDirectory(dirname(path));
}
