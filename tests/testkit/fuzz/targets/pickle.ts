import { pickle } from '../../../../src/formats/pickle/format.ts';
import { parseCheckpoint } from '../parse-checkpoint.ts';
import type { FuzzTarget } from '../target.ts';

/** Pickles of all protocols; their arrays are tensors. */
export default {
  seeds: () => [
    Buffer.from('(lp0\nI1\naF2.5\naS"x"\na(dp1\nVk\nL3L\nss.', 'latin1'),
    Buffer.from('\x80\x04\x95\x0a\0\0\0\0\0\0\0}\x94\x8c\x01a\x94K\x01s.', 'latin1'),
  ],
  parse: input => parseCheckpoint(pickle, input),
  words: [
    'cnumpy.core.multiarray\n_reconstruct\n',
    'cnumpy\nndarray\n',
    'cnumpy\ndtype\n',
    'ccollections\nOrderedDict\n',
    'cos\nsystem\n',
    '(t',
    '(l',
    '(d',
    ']q\0h\0a',
    'q\0',
    'h\0',
    '\x8c\x01a\x8c\x01b\x93',
    Uint8Array.of(0x8a, 0xff),
    Uint8Array.of(0x95, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f),
    Uint8Array.of(0x80, 5),
    ...Array.from('.0122FNIJKLMTUVXBCP}]uesatQR\x81\x85\x86\x87\x88\x89\x90\x91\x92\x94\x96\x97\x98', text =>
      Buffer.from(text, 'latin1'),
    ),
  ],
} satisfies FuzzTarget;
