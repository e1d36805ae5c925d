import { dirname, isAbsolute, join, resolve } from 'node:path';
import picomatch from 'picomatch';
import { isSystemError, MgitError } from '../../../base/errors.ts';
import type { Ports } from '../../../base/ports/ports.ts';
import { type ConfigEntry, configPath, normalizeKey } from '../config-values.ts';
import { parseConfig } from './config-parser.ts';

const DEEPEST_INCLUDE = 10;

/** Where configuration is looked for. Without a repository, only what is outside of one. */
export interface ConfigPlace {
  readonly ports: Ports;
  readonly gitDirectory?: string;
  readonly commonDirectory?: string;
}

/** The files that git would read, from the weakest to the strongest. Source: git-config(1), FILES. */
export function configFiles(place: ConfigPlace): readonly string[] {
  return [...systemFiles(place.ports), ...globalFiles(place.ports), ...localFiles(place)];
}

/** The file that `--global` writes: `~/.gitconfig`, or XDG's where only that exists. */
export async function globalFileToWrite(ports: Ports): Promise<string> {
  const [first = '', second = first] = globalFiles(ports);
  const exists = async (path: string): Promise<boolean> => (await read(ports, path)) !== undefined;
  return !(await exists(second)) && (await exists(first)) ? first : second;
}

/** Every entry of a file, includes in place. A file that does not exist has none. Errors: `CONFIG_CORRUPT`. */
export async function readConfigFile(
  place: ConfigPlace,
  path: string,
  depth = 0,
): Promise<readonly ConfigEntry[]> {
  if (depth > DEEPEST_INCLUDE)
    throw new MgitError('CONFIG_CORRUPT', `${path} is included more than ${DEEPEST_INCLUDE} levels deep`, {
      hint: 'remove the circular include.path',
    });
  const text = await read(place.ports, path);
  const entries: ConfigEntry[] = [];
  for (const { kind, key, value } of text === undefined ? [] : parseConfig(text, path)) {
    if (kind === 'section') continue;
    entries.push({ key, value });
    if (isIncluded(place, key, path)) {
      const target = resolve(dirname(path), configPath(value, place.ports.homeDirectory));
      entries.push(...(await readConfigFile(place, target, depth + 1)));
    }
  }
  return entries;
}

/** `GIT_CONFIG_COUNT` and its keys and values. Errors: `CONFIG_INVALID`. */
export function environmentConfig({ env }: Ports): readonly ConfigEntry[] {
  return Array.from({ length: Number(env.GIT_CONFIG_COUNT ?? 0) || 0 }, (_, index) => {
    const [key, value] = [env[`GIT_CONFIG_KEY_${index}`], env[`GIT_CONFIG_VALUE_${index}`]];
    if (key === undefined || value === undefined)
      throw new MgitError('CONFIG_INVALID', `GIT_CONFIG_COUNT promises an entry ${index} that is not there`, {
        hint: `set GIT_CONFIG_KEY_${index} and GIT_CONFIG_VALUE_${index}`,
      });
    return { key: normalizeKey(key), value };
  });
}

function systemFiles({ env }: Ports): readonly string[] {
  if (env.GIT_CONFIG_NOSYSTEM && !/^(?:0|false|no|off)$/i.test(env.GIT_CONFIG_NOSYSTEM)) return [];
  if (env.GIT_CONFIG_SYSTEM !== undefined) return [env.GIT_CONFIG_SYSTEM];
  if (process.platform === 'win32') return ['C:\\Program Files\\Git\\etc\\gitconfig'];
  const homebrew = ['/usr/local/etc/gitconfig', '/opt/homebrew/etc/gitconfig'];
  return ['/etc/gitconfig', ...(process.platform === 'darwin' ? homebrew : [])];
}

function globalFiles({ env, homeDirectory }: Ports): readonly string[] {
  if (env.GIT_CONFIG_GLOBAL !== undefined) return [env.GIT_CONFIG_GLOBAL];
  const xdg = env.XDG_CONFIG_HOME || join(homeDirectory, '.config');
  return [join(xdg, 'git', 'config'), join(homeDirectory, '.gitconfig')];
}

/** `config.worktree` counts where the repository says so, which {@link readConfigFile} of the other file tells. */
function localFiles({ commonDirectory }: ConfigPlace): readonly string[] {
  return commonDirectory === undefined ? [] : [join(commonDirectory, 'config')];
}

function isIncluded({ ports, gitDirectory }: ConfigPlace, key: string, file: string): boolean {
  if (key === 'include.path') return true;
  const condition = /^includeif\.gitdir(\/i)?:(.+)\.path$/s.exec(key);
  if (!condition || gitDirectory === undefined) return false;
  const [, ignoreCase, written = ''] = condition;
  const pattern = absolutePattern(written, ports, file);
  const options = { dot: true, nobrace: true, noextglob: true, nonegate: true };
  return picomatch(pattern, { ...options, nocase: ignoreCase !== undefined })(gitDirectory);
}

/** Source: git-config(1), Conditional includes. */
function absolutePattern(written: string, ports: Ports, file: string): string {
  const home = configPath(written, ports.homeDirectory) + (written === '~/' ? '/' : '');
  const expanded = written.startsWith('~/') && written.endsWith('/') ? `${home.replace(/\/$/, '')}/` : home;
  const placed = expanded.startsWith('./') ? join(dirname(file), expanded) : expanded;
  const anchored = isAbsolute(placed) ? placed : `**/${placed}`;
  return anchored.endsWith('/') ? `${anchored}**` : anchored;
}

async function read({ fs }: Ports, path: string): Promise<string | undefined> {
  if (path === '') return undefined; // GIT_CONFIG_GLOBAL= means none.
  try {
    return Buffer.from(await fs.readFile(path)).toString('utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
