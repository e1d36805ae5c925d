import { parseEnvelope, unverifiedText } from '../../../../src/eval/report/dsse.ts';
import { gateStatement, parseGateStatement } from '../../../../src/eval/report/statement.ts';
import { sampleReport } from '../../gate-report.ts';
import type { FuzzTarget } from '../target.ts';

/** Gate reports in the clear: the statement is put into an envelope. What does not begin as a statement is taken for an envelope. */
export default {
  seeds: () => [
    Buffer.from(gateStatement(sampleReport())),
    Buffer.from(
      '{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[{"keyid":"a","sig":"b"}]}',
    ),
  ],
  parse: input => {
    const isEnvelope = Buffer.from(input).includes('"signatures"');
    const payload = Buffer.from(input).toString('base64');
    const wrapped = Buffer.from(JSON.stringify({ payloadType: '', payload, signatures: [] }));
    parseGateStatement(unverifiedText(parseEnvelope(isEnvelope ? input : wrapped)));
  },
  words: ['"bindings"', '"verdict":"fail"', '1e999'],
} satisfies FuzzTarget;
