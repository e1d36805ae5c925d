/** A stored file of an archive. */
export interface StoredMember {
  readonly name: string;
  readonly length: number;
  readonly checksum: number;
  readonly headerOffset: number;
}

/** Stands in a field of 32 bits for a number that is in the 64-bit extra field. */
const WIDE = 0xffffffff;
const WIDE_COUNT = 0xffff;
/** Versions of the specification that a reader must know: stored files; 64-bit fields. */
const VERSION = { plain: 20, wide: 45 };
const UTF8_NAME = 0x0800;
/** 1 January 1980, midnight: the first that can be said, so that equal content gives equal bytes. */
const DATE = 0x0021;
const WIDE_FIELD = 0x0001;
/** The extra field that PyTorch fills up with; readers pass over it. */
const PADDING_FIELD = 0x4246;

/** The header before a file's bytes, filled up so that they begin at a multiple of `alignment`. Source: APPNOTE 6.3.10, 4.3.7. */
export function localHeader(member: StoredMember, alignment: number): Uint8Array {
  const name = Buffer.from(member.name);
  const wide = member.length >= WIDE ? wideField([member.length, member.length]) : Buffer.alloc(0);
  const unpadded = member.headerOffset + 30 + name.length + wide.length + 4;
  const padding = Buffer.alloc(4 + ((alignment - (unpadded % alignment)) % alignment));
  padding.writeUInt16LE(PADDING_FIELD, 0);
  padding.writeUInt16LE(padding.length - 4, 2);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  writeCommon(header.subarray(4), { member, name, extraLength: wide.length + padding.length });
  return Buffer.concat([header, name, wide, padding]);
}

/** What the central directory says of a file. Source: APPNOTE 6.3.10, 4.3.12. */
export function directoryEntry(member: StoredMember): Uint8Array {
  const name = Buffer.from(member.name);
  const isFar = member.headerOffset >= WIDE;
  const numbers = [
    ...(member.length >= WIDE ? [member.length, member.length] : []),
    ...(isFar ? [member.headerOffset] : []),
  ];
  const extra = numbers.length > 0 ? wideField(numbers) : Buffer.alloc(0);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(numbers.length > 0 ? VERSION.wide : VERSION.plain, 4);
  writeCommon(entry.subarray(6), { member, name, extraLength: extra.length });
  if (isFar) entry.writeUInt16LE(VERSION.wide, 6);
  entry.writeUInt32LE(isFar ? WIDE : member.headerOffset, 42);
  return Buffer.concat([entry, name, extra]);
}

/** From "version needed" to the length of the extra field: the same in both headers. */
function writeCommon(
  target: Buffer,
  {
    member,
    name,
    extraLength,
  }: { readonly member: StoredMember; readonly name: Buffer; readonly extraLength: number },
): void {
  const isWide = member.length >= WIDE;
  const length = isWide ? WIDE : member.length;
  target.writeUInt16LE(isWide ? VERSION.wide : VERSION.plain, 0);
  target.writeUInt16LE(name.length === member.name.length ? 0 : UTF8_NAME, 2);
  target.writeUInt16LE(DATE, 8);
  target.writeUInt32LE(member.checksum, 10);
  target.writeUInt32LE(length, 14);
  target.writeUInt32LE(length, 18);
  target.writeUInt16LE(name.length, 22);
  target.writeUInt16LE(extraLength, 24);
}

function wideField(numbers: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * numbers.length);
  field.writeUInt16LE(WIDE_FIELD, 0);
  field.writeUInt16LE(8 * numbers.length, 2);
  for (const [index, number] of numbers.entries()) field.writeBigUInt64LE(BigInt(number), 4 + 8 * index);
  return field;
}

/** What follows the central directory, which begins at `offset`. Source: APPNOTE 6.3.10, 4.3.14 to 4.3.16. */
export function endOfDirectory(directory: {
  readonly offset: number;
  readonly length: number;
  readonly entries: number;
}): Uint8Array {
  const { offset, length, entries } = directory;
  const isWide = offset >= WIDE || length >= WIDE || entries >= WIDE_COUNT;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(entries, WIDE_COUNT), 8);
  end.writeUInt16LE(Math.min(entries, WIDE_COUNT), 10);
  end.writeUInt32LE(Math.min(length, WIDE), 12);
  end.writeUInt32LE(Math.min(offset, WIDE), 16);
  return isWide ? Buffer.concat([wideEnd(directory), end]) : end;
}

function wideEnd({ offset, length, entries }: Parameters<typeof endOfDirectory>[0]): Buffer {
  const record = Buffer.alloc(56 + 20);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE(VERSION.wide, 12);
  record.writeUInt16LE(VERSION.wide, 14);
  for (const [at, number] of [
    [24, entries],
    [32, entries],
    [40, length],
    [48, offset],
  ] as const)
    record.writeBigUInt64LE(BigInt(number), at);
  record.writeUInt32LE(0x07064b50, 56);
  record.writeBigUInt64LE(BigInt(offset + length), 64);
  record.writeUInt32LE(1, 72);
  return record;
}
