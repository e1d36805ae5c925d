import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  FLUSH,
  formatPktLine,
  parsePktLines,
  splitBands,
} from '../../../../src/store/history/embedded/transfer/pkt-line.ts';

test('lines and flushes come back', () => {
  const bytes = Buffer.concat([formatPktLine('want 1\n'), FLUSH, formatPktLine(''), formatPktLine('é')]);
  const read = [...parsePktLines(bytes)].map(line => line?.toString('utf8'));
  expect(read).toEqual(['want 1\n', undefined, '', 'é']);
});

test('bands are told apart', () => {
  const lines = ['\u0001pa', '\u0002working\n', '\u0001ck', '\u0003no\n'].map(text => Buffer.from(text));
  expect(splitBands(lines)).toEqual({ data: Buffer.from('pack'), messages: 'working\n', error: 'no' });
});

test('no answer, however cut or wild, reads beyond its end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), bytes => {
      try {
        for (const line of parsePktLines(bytes)) expect(line?.length ?? 0).toBeLessThanOrEqual(bytes.length);
      } catch (error) {
        expect(error).toMatchObject({ code: 'REMOTE_UNREACHABLE' });
      }
    }),
  );
});
