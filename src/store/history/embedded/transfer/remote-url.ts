import { MgitError } from '../../../../base/errors.ts';
import type { History } from '../../history.ts';
import { withoutPassword } from '../../remote-errors.ts';

/** An HTTP address of a repository, and who asks. */
export interface RemoteAddress {
  /** As the user gave it; for messages, which hide its password. */
  readonly remote: string;
  /** Without user and password, no slash at the end. */
  readonly url: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
}

type Configuration = Pick<History, 'config' | 'listConfig'>;

/**
 * The address of a remote, by configured name or URL, rewritten by `url.*.insteadOf`.
 * Errors: `REMOTE_UNSUPPORTED` for anything but HTTP.
 */
export async function remoteAddress(
  { config, listConfig }: Configuration,
  remote: string,
  direction: 'fetch' | 'push',
): Promise<RemoteAddress> {
  const named = /^[^:/\\]+$/.test(remote) ? await config(`remote.${remote}.url`) : undefined;
  const pushed =
    named !== undefined && direction === 'push' ? await config(`remote.${remote}.pushurl`) : undefined;
  const rules = await listConfig();
  const rewritten =
    pushed === undefined && direction === 'push'
      ? (rewrite(rules, named ?? remote, 'pushinsteadof') ?? rewrite(rules, named ?? remote, 'insteadof'))
      : rewrite(rules, pushed ?? named ?? remote, 'insteadof');
  return parseAddress(rewritten ?? pushed ?? named ?? remote);
}

/** The rule with the longest match wins. Source: git-config(1), `url.<base>.insteadOf`. */
function rewrite(
  rules: Awaited<ReturnType<History['listConfig']>>,
  url: string,
  name: 'insteadof' | 'pushinsteadof',
): string | undefined {
  const matching = rules.filter(
    ({ key, value }) => key.startsWith('url.') && key.endsWith(`.${name}`) && url.startsWith(value),
  );
  const best = matching.toSorted((a, b) => b.value.length - a.value.length)[0];
  return best && best.key.slice('url.'.length, -(name.length + 1)) + url.slice(best.value.length);
}

function parseAddress(remote: string): RemoteAddress {
  if (!/^https?:\/\//i.test(remote) || !URL.canParse(remote)) throw unsupported(remote);
  const url = new URL(remote);
  const [user, password] = [url.username, url.password].map(decodeURIComponent);
  url.username = '';
  url.password = '';
  return {
    remote,
    url: url.href.replace(/\/+$/, ''),
    user: user || undefined,
    password: password || undefined,
  };
}

function unsupported(remote: string): MgitError {
  return new MgitError(
    'REMOTE_UNSUPPORTED',
    `without git, only http:// and https:// remotes can be reached, not ${withoutPassword(remote)}`,
    { hint: 'install git' },
  );
}
