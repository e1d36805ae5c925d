import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MgitError } from '../base/errors.ts';

/** Where a remote is: over HTTP, over ssh, or a repository on a path. */
export type RemoteAddress =
  | { readonly kind: 'http'; readonly url: string }
  | {
      readonly kind: 'ssh';
      /** `user@host`, as given to ssh. */
      readonly destination: string;
      readonly port: string | undefined;
      readonly path: string;
    }
  | { readonly kind: 'path'; readonly path: string };

/** Reads a remote's URL as Git does (git-fetch(1), "Git URLs"); relative paths start at `directory`. Errors: `REMOTE_URL_UNSUPPORTED`. */
export function parseRemoteUrl(text: string, directory: string): RemoteAddress {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === 'http' || scheme === 'https') return { kind: 'http', url: text };
  if (scheme === 'ssh' || scheme === 'git+ssh') return sshUrl(text);
  if (scheme === 'file') return { kind: 'path', path: fileURLToPath(text) };
  if (scheme !== undefined) throw unsupported(text, `mgit cannot keep packs beside ${scheme}:// remotes`);
  if (/^[a-z0-9+.-]+::/i.test(text)) throw unsupported(text, 'remote helpers are not supported');
  return scpLike(text) ?? { kind: 'path', path: isAbsolute(text) ? text : resolve(directory, text) };
}

function sshUrl(text: string): RemoteAddress {
  const url = URL.parse(text);
  if (!url?.hostname) throw unsupported(text, 'it names no host');
  const user = url.username ? `${decodeURIComponent(url.username)}@` : '';
  return safeSsh(text, {
    kind: 'ssh',
    destination: `${user}${url.hostname}`,
    port: url.port || undefined,
    path: decodeURIComponent(url.pathname),
  });
}

/** `user@host:path`: a colon before the first slash, except a Windows drive. */
function scpLike(text: string): RemoteAddress | undefined {
  const match = /^([^/\\:]{2,}):(.*)$/.exec(text);
  if (!match?.[1] || match[2] === undefined) return undefined;
  return safeSsh(text, { kind: 'ssh', destination: match[1], port: undefined, path: match[2] });
}

/** A host or path that begins with a dash would be read as an option by ssh. */
function safeSsh(text: string, address: RemoteAddress & { kind: 'ssh' }): RemoteAddress {
  if (address.destination.startsWith('-') || address.path.startsWith('-'))
    throw unsupported(text, 'its host or path begins with a dash');
  return address;
}

function unsupported(text: string, why: string): MgitError {
  return new MgitError('REMOTE_URL_UNSUPPORTED', `the remote ${text} cannot be used: ${why}`, {
    hint: 'use https://, ssh:// or a path',
  });
}

/** Applies `url.<base>.insteadOf` and, for pushes, `pushInsteadOf`: the longest match wins. Source: git-config(1). */
export function rewriteUrl(
  url: string,
  config: readonly { readonly key: string; readonly value: string }[],
  direction: 'fetch' | 'push',
): string {
  const rewritten = direction === 'push' ? longest(url, config, 'pushinsteadof') : undefined;
  return rewritten ?? longest(url, config, 'insteadof') ?? url;
}

function longest(
  url: string,
  config: readonly { readonly key: string; readonly value: string }[],
  variable: string,
): string | undefined {
  let best: { readonly base: string; readonly prefix: string } | undefined;
  for (const { key, value } of config) {
    const match = /^url\.(.*)\.([a-z]+)$/i.exec(key);
    if (match?.[2]?.toLowerCase() !== variable || !url.startsWith(value)) continue;
    if (!best || value.length > best.prefix.length) best = { base: match[1] ?? '', prefix: value };
  }
  return best && best.base + url.slice(best.prefix.length);
}
