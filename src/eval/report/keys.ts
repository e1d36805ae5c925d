import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { MgitError } from '../../base/errors.ts';

/** A private key that signs reports. */
export interface SigningKey {
  readonly keyId: string;
  readonly privateKey: KeyObject;
  /** SPKI, PEM. */
  readonly publicPem: string;
}

/** A public key that reports are checked against. */
export interface TrustedKey {
  readonly keyId: string;
  /** The file's name without `.pem`. */
  readonly name: string;
  readonly publicKey: KeyObject;
}

/** A new Ed25519 key: private PKCS #8 PEM and public SPKI PEM. */
export function generateKey(): { readonly privatePem: string; readonly publicPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** Reads a private key; `source` is what errors call it. Errors: `GATE_KEY_INVALID`. */
export function readSigningKey(pem: string, source: string): SigningKey {
  const privateKey = ed25519(() => createPrivateKey(pem), source);
  const publicKey = createPublicKey(privateKey);
  return {
    keyId: keyIdOf(publicKey),
    privateKey,
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

/** Reads a public key. A private key is refused: it has no business in a repository. Errors: `GATE_KEY_INVALID`. */
export function readTrustedKey(pem: string, name: string): TrustedKey {
  if (pem.includes('PRIVATE KEY'))
    throw new MgitError('GATE_KEY_INVALID', `${name} is a private key`, {
      hint: 'remove it from the repository, replace it, and trust the public key with: mgit key trust',
    });
  const publicKey = ed25519(() => createPublicKey(pem), name);
  return { keyId: keyIdOf(publicKey), name, publicKey };
}

/** SHA-256 of the key's SPKI in DER, in hexadecimal. */
export function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

function ed25519(read: () => KeyObject, source: string): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (cause) {
    throw new MgitError('GATE_KEY_INVALID', `${source} is not a key in PEM`, { cause });
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new MgitError(
      'GATE_KEY_INVALID',
      `${source} is a key of type ${key.asymmetricKeyType}, not Ed25519`,
    );
  return key;
}
