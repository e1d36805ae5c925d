import { basename, isAbsolute, join, resolve } from 'node:path';
import { isSystemError, MgitError } from '../../base/errors.ts';
import type { CommitId } from '../../base/ids.ts';
import type { Ports } from '../../base/ports/ports.ts';
import type { Protection } from '../../eval/gate/policy.ts';
import {
  generateKey,
  readSigningKey,
  readTrustedKey,
  type SigningKey,
  type TrustedKey,
} from '../../eval/report/keys.ts';
import type { History } from '../../store/history/history.ts';
import { makeDurableDirectory } from '../../store/packs/durable-directory.ts';
import type { Repository } from '../repository.ts';

/** Where public keys lie in a tree when the protection names no other folder. */
export const DEFAULT_KEYS_FOLDER = 'keys/';

const KEY_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** A key of this user: its public half, and where the private one lies. */
export interface OwnKey {
  readonly name: string;
  readonly keyId: string;
  readonly path: string;
}

/** The user's key folder: `$XDG_CONFIG_HOME/mgit/keys`, or below `~/.config`. */
export function keyDirectory(ports: Ports): string {
  const config = ports.env.XDG_CONFIG_HOME;
  return join(config && isAbsolute(config) ? config : join(ports.homeDirectory, '.config'), 'mgit', 'keys');
}

/** Makes a key that only its owner can read. Errors: `KEY_EXISTS`, `KEY_NAME_INVALID`. */
export async function generateOwnKey(ports: Ports, name: string): Promise<OwnKey> {
  checkName(name);
  const path = join(keyDirectory(ports), `${name}.pem`);
  const pair = generateKey();
  await makeDurableDirectory(ports.fs, keyDirectory(ports));
  try {
    const file = await ports.fs.open(path, 'create', 0o600);
    await file.write(Buffer.from(pair.privatePem), 0);
    await file.sync();
    await file.close();
    await ports.fs.syncDirectory(keyDirectory(ports));
  } catch (error) {
    if (!isSystemError(error, 'EEXIST')) throw error;
    throw new MgitError('KEY_EXISTS', `there is a key ${name} already: ${path}`, {
      hint: 'give the new key another name: mgit key generate <name>',
    });
  }
  return { name, keyId: readSigningKey(pair.privatePem, path).keyId, path };
}

/** The user's keys, sorted by name. */
export async function listOwnKeys(ports: Ports): Promise<readonly OwnKey[]> {
  const names = await pemFiles(ports, keyDirectory(ports));
  return Promise.all(
    names.map(async name => {
      const path = join(keyDirectory(ports), `${name}.pem`);
      return { name, path, keyId: readSigningKey(await readText(ports, path), path).keyId };
    }),
  );
}

/** Copies the public half of an own key, or a public key's file, into the folder of trusted keys of the work tree; returns its path there. */
export async function trustKey(repository: Repository, nameOrFile: string, folder: string): Promise<string> {
  const { ports } = repository;
  const own = join(keyDirectory(ports), `${nameOrFile}.pem`);
  const isOwn = KEY_NAME.test(nameOrFile) && (await exists(ports, own));
  const name = basename(nameOrFile).replace(/\.pem$/, '');
  checkName(name);
  const pem = isOwn
    ? readSigningKey(await readText(ports, own), own).publicPem
    : await publicPem(ports, resolve(repository.workTree, nameOrFile));
  const path = join(repository.workTree, folder, `${name}.pem`);
  await ports.fs.makeDirectory(join(repository.workTree, folder));
  const file = await ports.fs.open(path, 'write');
  await file.write(Buffer.from(pem), 0);
  await file.close();
  return path;
}

async function publicPem(ports: Ports, path: string): Promise<string> {
  if (!(await exists(ports, path)))
    throw new MgitError('GATE_KEY_MISSING', `there is neither a key of that name nor a file ${path}`, {
      hint: 'make a key with: mgit key generate <name>',
    });
  const pem = await readText(ports, path);
  readTrustedKey(pem, path);
  return pem;
}

/** The key that signs: the one that `mgit.signingKey` names (a name or a path), or the only one there is. Errors: `GATE_KEY_MISSING`. */
export async function signingKey(repository: Repository): Promise<SigningKey> {
  const { ports } = repository;
  const configured = await repository.history.config('mgit.signingKey');
  const path = configured === undefined ? await onlyKey(ports) : configuredPath(ports, configured);
  if (!(await exists(ports, path)))
    throw new MgitError('GATE_KEY_MISSING', `the signing key ${path} does not exist`, {
      hint: 'correct mgit.signingKey, or make the key with: mgit key generate <name>',
    });
  return readSigningKey(await readText(ports, path), path);
}

async function onlyKey(ports: Ports): Promise<string> {
  const names = await pemFiles(ports, keyDirectory(ports));
  const [name, ...others] = names;
  if (name !== undefined && others.length === 0) return join(keyDirectory(ports), `${name}.pem`);
  throw new MgitError(
    'GATE_KEY_MISSING',
    name === undefined
      ? 'there is no key to sign the report with'
      : `there are ${names.length} keys to sign with: ${names.join(', ')}`,
    {
      hint:
        name === undefined
          ? 'make one with "mgit key generate <name>" and have it trusted on the target branch with "mgit key trust <name>"'
          : 'choose one with: mgit config mgit.signingKey <name>',
    },
  );
}

function configuredPath(ports: Ports, configured: string): string {
  if (configured.startsWith('~/')) return join(ports.homeDirectory, configured.slice(2));
  return isAbsolute(configured)
    ? configured
    : join(keyDirectory(ports), `${configured.replace(/\.pem$/, '')}.pem`);
}

/** The public keys that a commit trusts to sign for a protected branch. Errors: `GATE_KEY_INVALID`. */
export async function trustedKeysAt(
  history: History,
  commit: CommitId,
  protection: Protection,
): Promise<readonly TrustedKey[]> {
  const folder = keysFolderOf(protection);
  const { tree } = await history.readCommit(commit);
  const files = (await history.listTree(tree, folder.replace(/\/$/, ''))).filter(({ path }) =>
    path.endsWith('.pem'),
  );
  return Promise.all(
    files.map(async ({ path, id }) =>
      readTrustedKey(new TextDecoder().decode(await history.readBlob(id)), basename(path, '.pem')),
    ),
  );
}

/** The folder of trusted keys, with its slash. */
export function keysFolderOf(protection: Protection | undefined): string {
  return `${(protection?.trusted_keys ?? DEFAULT_KEYS_FOLDER).replace(/\/+$/, '')}/`;
}

function checkName(name: string): void {
  if (!KEY_NAME.test(name))
    throw new MgitError('KEY_NAME_INVALID', `${JSON.stringify(name)} is no name for a key`, {
      hint: 'use letters, digits, dots, dashes and underscores',
    });
}

async function pemFiles(ports: Ports, directory: string): Promise<readonly string[]> {
  try {
    const entries = await ports.fs.readDirectory(directory);
    return entries
      .filter(({ name, kind }) => kind === 'file' && name.endsWith('.pem'))
      .map(({ name }) => name.slice(0, -'.pem'.length))
      .sort();
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}

async function readText(ports: Ports, path: string): Promise<string> {
  return new TextDecoder().decode(await ports.fs.readFile(path));
}

async function exists(ports: Ports, path: string): Promise<boolean> {
  try {
    return (await ports.fs.stat(path)).kind === 'file';
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}
