import {
  packetReader,
  readDataPackets,
  readTextPackets,
  textPackets,
} from '../../../../src/ops/filter/packet-lines.ts';
import type { FuzzTarget } from '../target.ts';

/** What Git says to a long-running filter. */
export default {
  seeds: () => [Buffer.concat([textPackets(['git-filter-client', 'version=2']), textPackets(['a'])])],
  parse: async input => {
    const reader = packetReader(
      (async function* () {
        for (let at = 0; at < input.length; at += 7) yield input.subarray(at, at + 7);
      })(),
    );
    await readTextPackets(reader);
    for await (const _ of readDataPackets(reader));
  },
  words: ['0000', '0001', '0004', 'fff0', 'ffff'],
} satisfies FuzzTarget;
