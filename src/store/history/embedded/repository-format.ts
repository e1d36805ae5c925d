import { MgitError } from '../../../base/errors.ts';
import type { ConfigEntry } from '../config-values.ts';

/** Extensions of version 1 that change nothing in what the embedded implementation reads or writes. */
const HARMLESS = ['noop', 'noop-v1', 'worktreeconfig', 'preciousobjects'];
/** Extensions that git honours in version 0 too. */
const ALWAYS_HONOURED = ['noop', 'preciousobjects', 'partialclone', 'worktreeconfig'];

/** Refuses a repository whose format is not known, before anything is written. Errors: `REPOSITORY_UNSUPPORTED`. */
export function checkRepositoryFormat(localConfig: readonly ConfigEntry[]): void {
  const version = localConfig.findLast(({ key }) => key === 'core.repositoryformatversion')?.value ?? '0';
  if (version !== '0' && version !== '1') throw unsupported(`core.repositoryFormatVersion ${version}`);
  for (const { key, value } of localConfig.filter(entry => entry.key.startsWith('extensions.'))) {
    const name = key.slice('extensions.'.length);
    if (version === '0' && !ALWAYS_HONOURED.includes(name)) continue;
    if (!isKnown(name, value)) throw unsupported(`extensions.${name} = ${value}`);
  }
}

function isKnown(name: string, value: string): boolean {
  if (name === 'objectformat') return value === 'sha1';
  if (name === 'refstorage') return value === 'files';
  return HARMLESS.includes(name);
}

function unsupported(what: string): MgitError {
  return new MgitError('REPOSITORY_UNSUPPORTED', `the repository has ${what}, which mgit does not know`, {
    hint: 'install git 2.30 or newer, which mgit then uses, or use a repository of the common format',
  });
}
