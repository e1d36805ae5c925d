import { crc32 } from 'node:zlib';
import type { PlacedBytes } from '../write/blueprint.ts';
import { combineCrc32 } from './crc32.ts';
import { directoryEntry, endOfDirectory, localHeader } from './write-headers.ts';

/** A file of an archive: bytes that are known, then as many as `dataLength` says that come later. */
export interface ArchiveMember {
  readonly name: string;
  readonly head: Uint8Array;
  readonly dataLength: number;
}

/** An archive that is laid out: stored files, nothing compressed. */
export interface ArchivePlan {
  readonly size: number;
  /** Where each member's later bytes begin. */
  readonly dataOffsets: readonly number[];
  /** All other bytes. `checksums` are the CRC-32 of the members' later bytes; of those without, anything. */
  skeleton(checksums: readonly number[]): readonly PlacedBytes[];
}

/** Members begin at multiples of this, so that what is in them can be mapped into memory, as PyTorch does it. */
const ALIGNMENT = 64;

/** Lays out an archive, with 64-bit fields where they are needed. Source: PKWARE APPNOTE 6.3.10, section 4.3. */
export function planArchive(members: readonly ArchiveMember[]): ArchivePlan {
  let at = 0;
  const placed = members.map(member => {
    const length = member.head.length + member.dataLength;
    const headerOffset = at;
    const headerLength = localHeader(
      { name: member.name, length, checksum: 0, headerOffset },
      ALIGNMENT,
    ).length;
    at += headerLength + length;
    return { ...member, length, headerOffset, start: headerOffset + headerLength };
  });
  const directoryOf = (checksums: readonly number[]): Uint8Array => {
    const entries = placed.map((member, index) =>
      directoryEntry({ ...member, checksum: checksums[index] ?? 0 }),
    );
    const directory = Buffer.concat(entries);
    const end = endOfDirectory({ offset: at, length: directory.length, entries: placed.length });
    return Buffer.concat([directory, end]);
  };
  return {
    size: at + directoryOf([]).length,
    dataOffsets: placed.map(({ start, head }) => start + head.length),
    skeleton: dataChecksums => {
      const checksums = placed.map(({ head, dataLength }, index) =>
        combineCrc32(crc32(head), dataLength === 0 ? 0 : (dataChecksums[index] ?? 0), dataLength),
      );
      const files = placed.map((member, index) => ({
        offset: member.headerOffset,
        bytes: Buffer.concat([
          localHeader({ ...member, checksum: checksums[index] ?? 0 }, ALIGNMENT),
          member.head,
        ]),
      }));
      return [...files, { offset: at, bytes: directoryOf(checksums) }];
    },
  };
}
