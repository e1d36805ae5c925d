/** A pickle in the making, protocol 2. Everything that `torch.load(weights_only=True)` reads, and nothing more. */
export interface PickleWriter {
  /** A class or function by its name. */
  global(module: string, name: string): void;
  text(value: string): void;
  /** A whole number from 0 to 2^53 - 1. */
  natural(value: number): void;
  false(): void;
  /** A tuple of what `items` writes. */
  tuple(items: () => void): void;
  /** A dictionary; `entries` writes key, value, key, value, ... */
  dict(entries: () => void): void;
  /** Makes a reference to something outside of the topmost value. */
  persistent(): void;
  /** Calls the value below the topmost, a tuple, with it. */
  call(): void;
  /** The pickle's bytes; nothing may be written afterwards. */
  finish(): Uint8Array;
}

const OP = {
  mark: '(',
  stop: '.',
  global: 'c',
  tuple: 't',
  call: 'R',
  persistent: 'Q',
  emptyDict: '}',
  setItems: 'u',
  byte: 'K',
  int32: 'J',
  long: '\x8a',
  text: 'X',
  false: '\x89',
  protocol: '\x80\x02',
} as const;

/** An empty pickle. Source: Python's `Lib/pickletools.py`. */
export function pickleWriter(): PickleWriter {
  const parts: Buffer[] = [];
  const op = (code: string): void => void parts.push(Buffer.from(code, 'latin1'));
  op(OP.protocol);
  return {
    global: (module, name) => op(`${OP.global}${module}\n${name}\n`),
    text: value => {
      const bytes = Buffer.from(value);
      const head = Buffer.from(`${OP.text}\0\0\0\0`, 'latin1');
      head.writeUInt32LE(bytes.length, 1);
      parts.push(head, bytes);
    },
    natural: value => void parts.push(naturalBytes(value)),
    false: () => op(OP.false),
    tuple: items => {
      op(OP.mark);
      items();
      op(OP.tuple);
    },
    dict: entries => {
      op(`${OP.emptyDict}${OP.mark}`);
      entries();
      op(OP.setItems);
    },
    persistent: () => op(OP.persistent),
    call: () => op(OP.call),
    finish: () => {
      op(OP.stop);
      return Buffer.concat(parts);
    },
  };
}

/** Longer numbers are written as eight bytes: the highest is 0 up to 2^53, so that none is negative. */
function naturalBytes(value: number): Buffer {
  if (value < 0x100) return Buffer.from([OP.byte.charCodeAt(0), value]);
  const isShort = value < 0x80000000;
  const bytes = Buffer.from(isShort ? `${OP.int32}\0\0\0\0` : `${OP.long}\x08${'\0'.repeat(8)}`, 'latin1');
  if (isShort) bytes.writeInt32LE(value, 1);
  else bytes.writeBigInt64LE(BigInt(value), 2);
  return bytes;
}
