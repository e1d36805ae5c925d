import { memoryByteSource } from '../../../../src/formats/byte-source.ts';
import { scanFile } from '../../../../src/formats/scan/scan.ts';
import { zipFile } from '../../zip-file.ts';
import type { FuzzTarget } from '../target.ts';

const PICKLE = Buffer.from('\x80\x02cos\nsystem\nX\x01\0\0\0a\x85R.', 'latin1');

/** Whatever file it is: every pickle in it, in archives and in each other. */
export default {
  seeds: () => [
    PICKLE,
    zipFile([
      { name: 'a/data.pkl', data: PICKLE },
      { name: 'b.zip', data: zipFile([{ name: 'c', data: PICKLE }]) },
    ]),
    Buffer.concat([PICKLE, PICKLE]),
  ],
  parse: input => scanFile(memoryByteSource(input)),
  words: ['PK\x03\x04', 'PK\x01\x02', 'PK\x05\x06', Uint8Array.of(0x80, 2), 'C\x20', 'sys_info\0'],
} satisfies FuzzTarget;
