import { type ConfigEntry, configLocked, normalizeKey } from '../config-values.ts';
import type { History } from '../history.ts';
import { type GitProgram, gitFailed } from './git-program.ts';

type ConfigMethods = Pick<History, 'config' | 'configAll' | 'setConfig' | 'listConfig'>;

/** Configuration as `git config` sees it, read once and again after a change. `first` are its entries where they are being read. */
export function systemConfig(git: GitProgram, first?: Promise<readonly ConfigEntry[]>): ConfigMethods {
  let cached = first;
  const entries = (): Promise<readonly ConfigEntry[]> => (cached ??= listConfig(git));
  const values = async (key: string): Promise<string[]> => {
    const wanted = normalizeKey(key);
    return (await entries()).filter(entry => entry.key === wanted).map(({ value }) => value);
  };
  return {
    config: async key => (await values(key)).at(-1),
    configAll: values,
    listConfig: entries,
    setConfig: async (key, value, scope) => {
      normalizeKey(key);
      cached = undefined;
      if (value === null) await change(git, ['config', `--${scope}`, '--unset-all', key]);
      else await change(git, ['config', `--${scope}`, '--replace-all', key, value]);
    },
  };
}

/** 5: there was nothing to unset. */
async function change(git: GitProgram, args: readonly string[]): Promise<void> {
  const result = await git.run(args, { allow: [5, 255] });
  if (result.code !== 255) return;
  const file = /could not lock config file (.*): File exists/.exec(result.stderr)?.[1];
  throw file === undefined ? gitFailed(args, result) : configLocked(file);
}

/** All entries, those of lower priority first. */
export async function listConfig(git: GitProgram): Promise<readonly ConfigEntry[]> {
  const { stdout } = await git.run(['config', '--list', '--includes', '-z']);
  return stdout
    .split('\0')
    .slice(0, -1)
    .map(item => {
      const at = item.indexOf('\n');
      return at < 0 ? { key: item, value: 'true' } : { key: item.slice(0, at), value: item.slice(at + 1) };
    });
}
