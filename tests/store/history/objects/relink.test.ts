import { expect, test } from 'vitest';
import type { CommitId, ObjectId } from '../../../../src/base/ids.ts';
import { relinkCommit } from '../../../../src/store/history/objects/commit-object.ts';
import { retargetTag } from '../../../../src/store/history/objects/tag-object.ts';

const [OLD, NEW] = ['1'.repeat(40), '2'.repeat(40)];
const PERSON = 'A <a@b> 1 +0000';

test('a commit keeps every byte but its links and signatures', () => {
  const message = Buffer.from('Gr\u00fc\u00dfe\n\nSigned-off-by: A\n', 'latin1');
  const head = (links: string, rest: string) =>
    Buffer.from(`${links}\nauthor ${PERSON}\ncommitter ${PERSON}\n${rest}\n\n`, 'latin1');
  const signed = head(
    `tree ${OLD}\nparent ${OLD}`,
    'gpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\nencoding ISO-8859-1\nmergetag object 1\n type commit\nx-own a\n b',
  );
  const links = { tree: NEW as ObjectId, parents: [NEW as CommitId, OLD as CommitId] };
  const relinked = relinkCommit(Buffer.concat([signed, message]), links);
  const expected = head(`tree ${NEW}\nparent ${NEW}\nparent ${OLD}`, 'encoding ISO-8859-1\nx-own a\n b');
  expect(relinked.toString('latin1')).toBe(Buffer.concat([expected, message]).toString('latin1'));
});

test.each(['PGP', 'SSH'])('a tag keeps every byte but its target and a %s signature', kind => {
  const text = (target: string) =>
    `object ${target}\ntype commit\ntag v1\ntagger ${PERSON}\n\nErste Fassung\n`;
  const signature = `-----BEGIN ${kind} SIGNATURE-----\nabc\n-----END ${kind} SIGNATURE-----\n`;
  const plain = retargetTag(Buffer.from(text(OLD)), NEW as ObjectId);
  expect(plain).toEqual({ bytes: Buffer.from(text(NEW)), wasSigned: false });
  const signed = retargetTag(Buffer.from(text(OLD) + signature), NEW as ObjectId);
  expect(signed).toEqual({ bytes: Buffer.from(text(NEW)), wasSigned: true });
});
