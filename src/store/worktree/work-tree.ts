import { isSystemError } from '../../base/errors.ts';
import type { Ports } from '../../base/ports/ports.ts';
import type { History } from '../history/history.ts';
import type { TensorStore } from '../tensor-store.ts';
import type { StatPolicy } from './index-stat.ts';

/** What the configuration says about files in the work tree. */
export interface WorkTreeSettings {
  /** `core.ignoreCase`. */
  readonly ignoreCase: boolean;
  /** `core.fileMode`: the executable bit counts. */
  readonly fileMode: boolean;
  /** `core.symlinks`: symbolic links are made as such. */
  readonly symlinks: boolean;
  /** `core.autocrlf` is on: ordinary text files are converted. */
  readonly convertsLineEnds: boolean;
  readonly stat: StatPolicy;
  /** Contents of the user's attributes and ignore files (`core.attributesFile`, `core.excludesFile`), and of those in `info/`. */
  readonly attributes: { readonly user: string | undefined; readonly info: string | undefined };
  readonly ignore: { readonly user: string | undefined; readonly info: string | undefined };
}

/** The files that a repository is worked on in. */
export interface WorkTree {
  readonly ports: Ports;
  readonly history: History;
  readonly store: TensorStore;
  /** Absolute path. */
  readonly root: string;
  readonly settings: WorkTreeSettings;
}

/** Reads what the configuration and the files in `info/` say about the work tree. */
export async function readWorkTreeSettings(history: History, ports: Ports): Promise<WorkTreeSettings> {
  const flag = async (key: string, standard: boolean): Promise<boolean> =>
    isTrue(await history.config(key), standard);
  const personal = ports.env.XDG_CONFIG_HOME || `${ports.homeDirectory}/.config`;
  const userFile = async (key: string, name: string): Promise<string | undefined> =>
    readText(
      ports,
      expandHome((await history.config(key)) ?? `${personal}/git/${name}`, ports.homeDirectory),
    );
  const info = (name: string): Promise<string | undefined> =>
    readText(ports, `${history.commonDirectory}/info/${name}`);
  return {
    ignoreCase: await flag('core.ignorecase', false),
    fileMode: await flag('core.filemode', true),
    symlinks: await flag('core.symlinks', true),
    convertsLineEnds:
      (await history.config('core.autocrlf')) === 'input' || (await flag('core.autocrlf', false)),
    stat: {
      trustCtime: await flag('core.trustctime', true),
      checkStat: (await history.config('core.checkstat')) === 'minimal' ? 'minimal' : 'default',
    },
    attributes: { user: await userFile('core.attributesfile', 'attributes'), info: await info('attributes') },
    ignore: { user: await userFile('core.excludesfile', 'ignore'), info: await info('exclude') },
  };
}

/** Git's booleans. An `input` of `core.autocrlf` is not one and counts as false here. */
export function isTrue(value: string | undefined, standard: boolean): boolean {
  if (value === undefined) return standard;
  return /^(?:true|yes|on|[1-9]\d*)$/i.test(value);
}

/** The text of a file, or undefined when there is none. */
export async function readText(ports: Ports, path: string): Promise<string | undefined> {
  try {
    return Buffer.from(await ports.fs.readFile(path)).toString('utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return undefined;
    throw error;
  }
}

function expandHome(path: string, home: string): string {
  return path.startsWith('~/') ? `${home}/${path.slice(2)}` : path;
}
