import { createPublicKey, verify } from 'node:crypto';
import { Verifier } from '@sigstore/verify';
import { DSSESignatureContent } from '@sigstore/verify/dist/bundle/dsse.js';
import { describe, expect, test } from 'vitest';
import { isMgitError } from '../../../src/base/errors.ts';
import {
  type Envelope,
  openEnvelope,
  parseEnvelope,
  preAuthenticationEncoding,
  signStatement,
} from '../../../src/eval/report/dsse.ts';
import { gateTable } from '../../../src/eval/report/gate-table.ts';
import { generateKey, readSigningKey, readTrustedKey } from '../../../src/eval/report/keys.ts';
import {
  gateStatement,
  parseGateStatement,
  testResultStatement,
} from '../../../src/eval/report/statement.ts';
import { sampleReport } from '../../testkit/gate-report.ts';

const pair = generateKey();
const key = readSigningKey(pair.privatePem, 'test key');
const trusted = readTrustedKey(pair.publicPem, 'test');
const stranger = readTrustedKey(generateKey().publicPem, 'stranger');

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isMgitError(error)) return error.code;
    throw error;
  }
  return 'none';
}

describe('envelopes', () => {
  test('the encoding that is signed is that of the DSSE specification', () => {
    const encoded = preAuthenticationEncoding('http://example.com/HelloWorld', Buffer.from('hello world'));
    expect(encoded.toString()).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
  });

  test('what is signed is opened by the trusted key alone, whatever key id the envelope names', () => {
    const envelope = signStatement('{"a":1}', key);
    expect(openEnvelope(envelope, [stranger, trusted])).toMatchObject({
      text: '{"a":1}',
      key: { name: 'test' },
    });
    expect(codeOf(() => openEnvelope(envelope, [stranger]))).toBe('GATE_REPORT_UNTRUSTED');
    const renamed = {
      ...envelope,
      signatures: envelope.signatures.map(one => ({ ...one, keyid: stranger.keyId })),
    };
    expect(codeOf(() => openEnvelope(renamed, [stranger]))).toBe('GATE_REPORT_UNTRUSTED');
    expect(codeOf(() => openEnvelope({ ...envelope, signatures: [] }, [trusted]))).toBe(
      'GATE_REPORT_UNTRUSTED',
    );
  });

  test('an edited number breaks the signature', () => {
    const envelope = signStatement(gateStatement(sampleReport()), key);
    const text = Buffer.from(envelope.payload, 'base64').toString().replace('0.8', '0.9');
    const edited: Envelope = { ...envelope, payload: Buffer.from(text).toString('base64') };
    expect(codeOf(() => openEnvelope(edited, [trusted]))).toBe('GATE_REPORT_UNTRUSTED');
  });

  test('an independent verifier accepts it, and refuses an edited one', () => {
    const envelope = signStatement(gateStatement(sampleReport()), key);
    const publicKey = createPublicKey(pair.publicPem);
    const entityOf = (payload: Buffer) => {
      const sig = Buffer.from(envelope.signatures[0]?.sig ?? '', 'base64');
      const content = new DSSESignatureContent({
        payloadType: envelope.payloadType,
        payload,
        signatures: [{ keyid: '', sig }],
      });
      return {
        signature: content,
        key: { $case: 'public-key' as const, hint: trusted.keyId },
        timestamps: [],
        tlogEntries: [],
      };
    };
    const verifier = new Verifier(
      {
        certificateAuthorities: [],
        timestampAuthorities: [],
        tlogs: [],
        ctlogs: [],
        publicKey: () => ({ publicKey, validFor: () => true }),
      },
      { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 },
    );
    const payload = Buffer.from(envelope.payload, 'base64');
    expect(verifier.verify(entityOf(payload)).key).toBe(publicKey);
    expect(() => verifier.verify(entityOf(Buffer.concat([payload, Buffer.from(' ')])))).toThrow();
  });

  test.each(['', 'null', '[]', '{"payload":1}', '{"payloadType":"x","payload":"","signatures":[{}]}'])(
    '%j is no envelope',
    text => {
      expect(codeOf(() => parseEnvelope(Buffer.from(text)))).toBe('GATE_REPORT_INVALID');
    },
  );
});

describe('keys', () => {
  test('the key id is that of the public key on both sides', () => {
    expect(trusted.keyId).toBe(key.keyId);
    expect(key.keyId).toMatch(/^[0-9a-f]{64}$/);
    expect(key.publicPem).toBe(pair.publicPem);
    const signature = signStatement('x', key).signatures[0]?.sig ?? '';
    const signed = preAuthenticationEncoding('application/vnd.in-toto+json', Buffer.from('x'));
    expect(verify(null, signed, pair.publicPem, Buffer.from(signature, 'base64'))).toBe(true);
  });

  test('a private key and anything else among the trusted ones are refused', () => {
    expect(codeOf(() => readTrustedKey(pair.privatePem, 'oops'))).toBe('GATE_KEY_INVALID');
    expect(codeOf(() => readTrustedKey('hello', 'oops'))).toBe('GATE_KEY_INVALID');
  });
});

describe('statements', () => {
  test('a report comes back as it went in; the subjects are models, commit and tree', () => {
    const report = sampleReport();
    const text = gateStatement(report);
    expect(parseGateStatement(text)).toEqual(report);
    expect(JSON.parse(text)).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [
        { name: 'model.safetensors', digest: { sha256: 'ab'.repeat(32) } },
        { name: 'commit', digest: { gitCommit: 'c'.repeat(40) } },
        { name: 'tree', digest: { gitTree: 'd'.repeat(40) } },
      ],
      predicateType: 'urn:mgit:gate-report:v1',
    });
  });

  test('subjects that are not those of the report are refused', () => {
    const text = gateStatement(sampleReport()).replace('"gitTree":"d', '"gitTree":"0');
    expect(codeOf(() => parseGateStatement(text))).toBe('GATE_REPORT_INVALID');
    expect(codeOf(() => parseGateStatement(testResultStatement(sampleReport())))).toBe('GATE_REPORT_INVALID');
    expect(codeOf(() => parseGateStatement('{'))).toBe('GATE_REPORT_INVALID');
  });

  test('the test result names what passed', () => {
    expect(JSON.parse(testResultStatement(sampleReport()))).toMatchObject({
      predicateType: 'https://in-toto.io/attestation/test-result/v0.1',
      predicate: { result: 'PASSED', warnedTests: [], failedTests: [] },
    });
  });
});

test('the table puts base, parents and candidate side by side', () => {
  const { title, measurements, rules } = gateTable(sampleReport());
  expect(
    [title, ...measurements.map(row => row.join(' | ')), ...rules.map(row => row.join(' | '))].join('\n'),
  ).toMatchInlineSnapshot(`
    "digits: pass  (cccccccccc onto main)
    metric | n | base | parent1 | parent2 | candidate
    accuracy | 1000 | 0.5000 [0.4691, 0.5309] | 0.7000 [0.6709, 0.7276] | 0.6500 [0.6199, 0.6789] | 0.8000 [0.7741, 0.8236]
    pass | accuracy better than parents | better than the parent1: by at least 0.0855
    pass | accuracy within 0.005 of best-parent | not worse than the parent1 by 0.0050: at worst 0.0855"
  `);
});
