import { isSystemError, MgitError } from '../base/errors.ts';
import type { Ports } from '../base/ports/ports.ts';
import type { History } from '../store/history/history.ts';
import type { FindEndpoint, LfsEndpoint, LfsOperation } from './backends/lfs/endpoint.ts';
import type { RemoteAddress } from './remote-url.ts';

/** Git LFS's default place: below the Git URL, whose name ends in `.git`. Source: Git LFS specification, "Server Discovery". */
export function defaultLfsUrl(gitUrl: string): string {
  const url = new URL(gitUrl);
  url.username = '';
  url.password = '';
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = `${path.endsWith('.git') ? path : `${path}.git`}/info/lfs`;
  return url.href;
}

/** The endpoint that configuration or the address says; over ssh the host is asked, as git-lfs does. Errors: `REMOTE_AUTH`, `REMOTE_UNREACHABLE`. */
export function endpointFinder(
  ports: Ports,
  history: History,
  remote: { readonly address: RemoteAddress; readonly configured: string | undefined },
): FindEndpoint {
  const { address, configured } = remote;
  if (configured !== undefined) return async () => ({ url: withoutUser(configured), headers: {} });
  if (address.kind === 'http') return async () => ({ url: defaultLfsUrl(address.url), headers: {} });
  if (address.kind === 'path') throw new Error('a repository on a path has no Git LFS server of its own');
  const asked = new Map<LfsOperation, Promise<LfsEndpoint>>();
  return operation => {
    const known = asked.get(operation) ?? authenticate(ports, history, address, operation);
    asked.set(operation, known);
    return known;
  };
}

function withoutUser(text: string): string {
  const url = new URL(text);
  url.username = '';
  url.password = '';
  return url.href.replace(/\/+$/, '');
}

/** Source: Git LFS specification, "SSH authentication": `git-lfs-authenticate <path> <operation>`. */
async function authenticate(
  ports: Ports,
  history: History,
  address: RemoteAddress & { kind: 'ssh' },
  operation: LfsOperation,
): Promise<LfsEndpoint> {
  const path = address.path.replace(/^\/(?=~)/, '');
  const remoteCommand = `git-lfs-authenticate '${path.replaceAll("'", `'\\''`)}' ${operation}`;
  const port = address.port === undefined ? [] : ['-p', address.port];
  const args = [...port, address.destination, remoteCommand];
  const result = await runSsh(ports, history, args);
  const text = Buffer.from(result.stdout).toString('utf8');
  if (result.code !== 0) throw refused(address, Buffer.from(result.stderr).toString('utf8'));
  return endpointOf(text, address);
}

async function runSsh(ports: Ports, history: History, args: readonly string[]) {
  const custom = ports.env.GIT_SSH_COMMAND ?? (await history.config('core.sshCommand'));
  const request =
    custom === undefined
      ? { command: ports.env.GIT_SSH ?? 'ssh', args }
      : { command: 'sh', args: ['-c', `${custom} "$@"`, 'ssh', ...args] };
  try {
    return await ports.processes.run({ ...request, env: ports.env });
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    throw new MgitError('REMOTE_UNREACHABLE', 'ssh is not installed', {
      hint: 'install OpenSSH, or use the https:// URL of the remote',
      cause: error,
    });
  }
}

function endpointOf(text: string, address: RemoteAddress & { kind: 'ssh' }): LfsEndpoint {
  const answer = parsed(text);
  const headers = Object.entries(answer?.header ?? {}).map(([name, value]) => [name, String(value)]);
  if (typeof answer?.href !== 'string' || !URL.canParse(answer.href))
    throw refused(address, 'its answer names no address');
  return { url: withoutUser(answer.href), headers: Object.fromEntries(headers) };
}

function parsed(text: string): { readonly href?: unknown; readonly header?: Record<string, unknown> } | null {
  try {
    return JSON.parse(text);
  } catch {
    return null; // Reported by the caller, which knows whom we asked.
  }
}

function refused(address: RemoteAddress & { kind: 'ssh' }, said: string): MgitError {
  const line = said.trim().split('\n').at(-1) ?? '';
  return new MgitError(
    'REMOTE_AUTH',
    `${address.destination} gives no access to its Git LFS store: ${line}`,
    {
      hint: 'check your ssh access, or set remote.<name>.lfsurl to the address of the LFS server',
    },
  );
}
