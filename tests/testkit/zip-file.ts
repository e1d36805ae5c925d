/** A file of an archive; what is not said is as an honest writer would write it. */
export interface ZipMember {
  readonly name: string;
  readonly data?: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  /** Of the unpacked bytes; default: those that are stored. */
  readonly unpackedLength?: number;
  readonly checksum?: number;
  /** Lies of the local header. */
  readonly localName?: string;
  readonly localMethod?: number;
  /** Lies of the directory. */
  readonly headerOffset?: number;
  readonly length?: number;
}

/** A zip archive without compression, honest or not. CRCs are left 0 where none is given. */
export function zipFile(members: readonly ZipMember[], lies: { readonly count?: number } = {}): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const member of members) {
    const data = Buffer.from(member.data ?? []);
    const local = localHeader(member, data.length);
    files.push(local, data);
    directory.push(directoryEntry(member, data.length, member.headerOffset ?? at));
    at += local.length + data.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(lies.count ?? members.length, 8);
  end.writeUInt16LE(lies.count ?? members.length, 10);
  end.writeUInt32LE(entries.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...files, entries, end]);
}

function localHeader(member: ZipMember, length: number): Buffer {
  const name = Buffer.from(member.localName ?? member.name);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(member.localMethod ?? member.method ?? 0, 8);
  header.writeUInt32LE(length, 18);
  header.writeUInt32LE(length, 22);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, name]);
}

function directoryEntry(member: ZipMember, length: number, headerOffset: number): Buffer {
  const name = Buffer.from(member.name);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(member.flags ?? 0, 8);
  entry.writeUInt16LE(member.method ?? 0, 10);
  entry.writeUInt32LE(member.checksum ?? 0, 16);
  entry.writeUInt32LE(member.length ?? length, 20);
  entry.writeUInt32LE(member.unpackedLength ?? member.length ?? length, 24);
  entry.writeUInt16LE(name.length, 28);
  entry.writeUInt32LE(headerOffset, 42);
  return Buffer.concat([entry, name]);
}
