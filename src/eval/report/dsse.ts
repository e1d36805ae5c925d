import { sign, verify } from 'node:crypto';
import { MgitError } from '../../base/errors.ts';
import type { SigningKey, TrustedKey } from './keys.ts';

/** The payload type of in-toto statements. */
export const IN_TOTO_PAYLOAD = 'application/vnd.in-toto+json';

const LARGEST_ENVELOPE = 16 << 20;

/** A signed payload. Source: DSSE v1.0.2, secure-systems-lab. `payload` and `sig` are base64. */
export interface Envelope {
  readonly payloadType: string;
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

/** The bytes that are signed: DSSE's pre-authentication encoding. */
export function preAuthenticationEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const type = Buffer.from(payloadType);
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${type.length} `),
    type,
    Buffer.from(` ${payload.length} `),
    payload,
  ]);
}

/** Signs an in-toto statement's text with Ed25519. */
export function signStatement(text: string, key: SigningKey): Envelope {
  const payload = Buffer.from(text);
  const signature = sign(null, preAuthenticationEncoding(IN_TOTO_PAYLOAD, payload), key.privateKey);
  return {
    payloadType: IN_TOTO_PAYLOAD,
    payload: payload.toString('base64'),
    signatures: [{ keyid: key.keyId, sig: signature.toString('base64') }],
  };
}

/**
 * The payload's text and the trusted key whose signature holds. The key is found among the trusted ones by trying the
 * signatures; what an envelope says about keys is only a hint. Errors: `GATE_REPORT_UNTRUSTED`, `GATE_REPORT_INVALID`.
 */
export function openEnvelope(
  envelope: Envelope,
  trusted: readonly TrustedKey[],
): { readonly text: string; readonly key: TrustedKey } {
  if (envelope.payloadType !== IN_TOTO_PAYLOAD)
    throw invalid(`a payload of type ${JSON.stringify(envelope.payloadType)}`);
  const payload = Buffer.from(envelope.payload, 'base64');
  const signed = preAuthenticationEncoding(envelope.payloadType, payload);
  const key = trusted.find(candidate =>
    envelope.signatures.some(({ sig }) =>
      verify(null, signed, candidate.publicKey, Buffer.from(sig, 'base64')),
    ),
  );
  if (!key)
    throw new MgitError(
      'GATE_REPORT_UNTRUSTED',
      envelope.signatures.length === 0
        ? 'the report carries no signature'
        : 'no signature of the report is by a key that the target trusts',
      { hint: 'sign with a trusted key, or have the key trusted on the target branch first' },
    );
  return { text: payload.toString('utf8'), key };
}

/** The payload's text without any check of signatures: for display only. */
export function unverifiedText(envelope: Envelope): string {
  return Buffer.from(envelope.payload, 'base64').toString('utf8');
}

/** Reads an envelope's JSON. Errors: `GATE_REPORT_INVALID`. */
export function parseEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length > LARGEST_ENVELOPE) throw invalid('more than 16 MiB');
  const value = parseJson(new TextDecoder().decode(bytes));
  const { payloadType, payload, signatures } = (value ?? {}) as Partial<Record<string, unknown>>;
  if (typeof payloadType !== 'string' || typeof payload !== 'string' || !Array.isArray(signatures))
    throw invalid('no DSSE envelope');
  return { payloadType, payload, signatures: signatures.map(signatureOf) };
}

function signatureOf(value: unknown): { readonly keyid: string; readonly sig: string } {
  const { keyid, sig } = (value ?? {}) as Partial<Record<string, unknown>>;
  if (typeof sig !== 'string') throw invalid('a signature without sig');
  return { keyid: typeof keyid === 'string' ? keyid : '', sig };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('no JSON');
  }
}

function invalid(what: string): MgitError {
  return new MgitError('GATE_REPORT_INVALID', `the report is damaged: ${what}`);
}
