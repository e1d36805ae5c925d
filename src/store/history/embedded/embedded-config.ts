import { dirname, join } from 'node:path';
import { isSystemError } from '../../../base/errors.ts';
import { makeDurableDirectory } from '../../packs/durable-directory.ts';
import { type ConfigEntry, configBoolean, configLocked, normalizeKey } from '../config-values.ts';
import type { History } from '../history.ts';
import { editConfig } from './config-editor.ts';
import {
  type ConfigPlace,
  configFiles,
  environmentConfig,
  globalFileToWrite,
  readConfigFile,
} from './config-files.ts';

type ConfigMethods = Pick<History, 'config' | 'configAll' | 'setConfig' | 'listConfig'>;

/** Git's configuration files read and written without git; read once and again after a change. */
export function embeddedConfig(place: ConfigPlace): ConfigMethods {
  let cached: Promise<readonly ConfigEntry[]> | undefined;
  const entries = (): Promise<readonly ConfigEntry[]> => {
    cached ??= readAllConfig(place);
    return cached;
  };
  const values = async (key: string): Promise<string[]> => {
    const wanted = normalizeKey(key);
    return (await entries()).filter(entry => entry.key === wanted).map(({ value }) => value);
  };
  return {
    config: async key => (await values(key)).at(-1),
    configAll: values,
    listConfig: entries,
    setConfig: async (key, value, scope) => {
      const local = join(place.commonDirectory ?? '', 'config');
      const file = scope === 'local' ? local : await globalFileToWrite(place.ports);
      await changeFile(place, file, { key: normalizeKey(key), written: key, value });
      cached = undefined;
    },
  };
}

/** Everything configured, from the weakest to the strongest. */
export async function readAllConfig(place: ConfigPlace): Promise<readonly ConfigEntry[]> {
  const lists: (readonly ConfigEntry[])[] = [];
  for (const file of configFiles(place)) lists.push(await readConfigFile(place, file));
  lists.push(await worktreeConfig(place, lists.at(-1) ?? []));
  return [...lists.flat(), ...environmentConfig(place.ports)];
}

async function worktreeConfig(
  place: ConfigPlace,
  local: readonly ConfigEntry[],
): Promise<readonly ConfigEntry[]> {
  const switched = local.findLast(({ key }) => key === 'extensions.worktreeconfig')?.value;
  if (place.gitDirectory === undefined || !configBoolean('extensions.worktreeConfig', switched)) return [];
  return readConfigFile(place, join(place.gitDirectory, 'config.worktree'));
}

async function changeFile(
  { ports: { fs } }: ConfigPlace,
  path: string,
  edit: Parameters<typeof editConfig>[2],
): Promise<void> {
  await makeDurableDirectory(fs, dirname(path));
  const lock = await openLock(fs, path);
  try {
    const before = await readText(fs, path);
    await lock.write(Buffer.from(editConfig(before, path, edit)), 0);
    await lock.sync();
    await lock.close();
    await fs.rename(`${path}.lock`, path);
  } catch (error) {
    await lock.close();
    await fs.removeFile(`${path}.lock`);
    throw error;
  }
  await fs.syncDirectory(dirname(path));
}

type Files = ConfigPlace['ports']['fs'];

async function openLock(fs: Files, path: string): ReturnType<Files['open']> {
  try {
    return await fs.open(`${path}.lock`, 'create');
  } catch (error) {
    throw isSystemError(error, 'EEXIST') ? configLocked(path) : error;
  }
}

async function readText(fs: Files, path: string): Promise<string> {
  try {
    return Buffer.from(await fs.readFile(path)).toString('utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return '';
    throw error;
  }
}
