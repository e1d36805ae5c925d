import { join } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { Ports } from '../../base/ports/ports.ts';
import type { SpawnResult } from '../../base/ports/process.ts';
import { configPath } from './config-values.ts';
import type { History, Signature } from './history.ts';
import { clean } from './objects/signature.ts';

/** What a signature needs: the world, the configuration, and whose key it is when none is configured. */
export interface SigningContext {
  readonly ports: Ports;
  readonly config: History['config'];
  readonly signer: Signature;
}

/** Signs the bytes of a commit or tag with the program that `gpg.format` names; the armoured signature. Errors: `SIGNING_FAILED`. */
export async function signPayload(context: SigningContext, payload: Uint8Array): Promise<string> {
  const format = (await context.config('gpg.format')) ?? 'openpgp';
  if (format === 'ssh') return signWithSsh(context, payload);
  if (format === 'openpgp' || format === 'x509') return signWithGpg(context, payload, format);
  throw failed(`gpg.format is ${JSON.stringify(format)}, which is unknown`);
}

async function signWithGpg(
  context: SigningContext,
  payload: Uint8Array,
  format: 'openpgp' | 'x509',
): Promise<string> {
  const { config, signer } = context;
  const program =
    (await config(`gpg.${format}.program`)) ??
    (format === 'openpgp' ? ((await config('gpg.program')) ?? 'gpg') : 'gpgsm');
  const key = (await config('user.signingkey')) ?? `${clean(signer.name)} <${clean(signer.email)}>`;
  const result = await runSigner(context, program, ['--status-fd=2', '-bsau', key], payload);
  if (!/^\[GNUPG:\] SIG_CREATED /m.test(text(result.stderr)))
    throw failed(`${program} made no signature`, text(result.stderr));
  return text(result.stdout).replaceAll('\r\n', '\n');
}

async function signWithSsh(context: SigningContext, payload: Uint8Array): Promise<string> {
  const { ports, config } = context;
  const key = await sshKey(context);
  const program = (await config('gpg.ssh.program')) ?? 'ssh-keygen';
  const directory = await ports.fs.makeTemporaryDirectory(join(ports.temporaryDirectory, 'mgit-sign-'));
  try {
    const args = ['-Y', 'sign', '-n', 'git', ...(await keyArguments(context, key, directory))];
    const result = await runSigner(context, program, args, payload);
    return text(result.stdout).replaceAll('\r\n', '\n');
  } finally {
    await ports.fs.removeDirectory(directory, { recursive: true });
  }
}

async function sshKey(context: SigningContext): Promise<string> {
  const key = await context.config('user.signingkey');
  if (key) return key;
  const command = await context.config('gpg.ssh.defaultkeycommand');
  if (!command) throw failed('user.signingKey is not configured');
  const result = await runSigner(context, 'sh', ['-c', command], new Uint8Array());
  const line = text(result.stdout)
    .split('\n')
    .find(found => /^(?:key::|ssh-)/.test(found));
  if (!line) throw failed('gpg.ssh.defaultKeyCommand printed no key');
  return line;
}

/** A literal public key is signed for by the agent, which wants it in a file. */
async function keyArguments(context: SigningContext, key: string, directory: string): Promise<string[]> {
  const literal = key.startsWith('key::') ? key.slice(5) : key.startsWith('ssh-') ? key : undefined;
  if (literal === undefined) return ['-f', configPath(key, context.ports.homeDirectory)];
  const path = join(directory, 'key.pub');
  const file = await context.ports.fs.open(path, 'create', 0o600);
  await file.write(Buffer.from(`${literal}\n`), 0);
  await file.close();
  return ['-U', '-f', path];
}

async function runSigner(
  context: SigningContext,
  command: string,
  args: readonly string[],
  stdin: Uint8Array,
): Promise<SpawnResult> {
  const { processes, env } = context.ports;
  let result: SpawnResult;
  try {
    result = await processes.run({ command, args, stdin, env });
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'EACCES')) throw failed(`${command} could not be started`);
    throw error;
  }
  if (result.code !== 0) throw failed(`${command} failed`, text(result.stderr));
  return result;
}

function failed(what: string, output = ''): MgitError {
  const said = output.trim() === '' ? '' : `: ${output.trim()}`;
  return new MgitError('SIGNING_FAILED', `the commit could not be signed: ${what}${said}`, {
    hint: 'check user.signingKey, gpg.format and gpg.program, or set commit.gpgSign to false',
  });
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
