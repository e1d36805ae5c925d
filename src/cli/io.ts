import { stripVTControlCharacters, styleText } from 'node:util';

/** Where a command's words go. Tests read them from buffers. */
export interface CliIo {
  readonly stdout: { write(text: string): void; readonly isTty: boolean; readonly columns: number };
  /** `terminal` is there when stderr is one, for live views. */
  readonly stderr: {
    write(text: string): void;
    readonly isTty: boolean;
    readonly columns: number;
    readonly terminal?: NodeJS.WriteStream;
  };
  readonly color: boolean;
  /** Reads all of standard input. */
  readonly readStdin: () => Promise<Uint8Array>;
  /** Standard input and output as byte streams, for programs that talk to mgit. */
  readonly pipe: {
    input(): AsyncIterable<Uint8Array>;
    /** Resolves when more may be written. */
    write(bytes: Uint8Array): Promise<void>;
  };
}

export type Style = Parameters<typeof styleText>[0];

/** Colours a text if colours are wanted. */
export function paint(io: CliIo, style: Style, text: string): string {
  return io.color ? styleText(style, text, { validateStream: false }) : text;
}

/** A table with aligned columns; numbers (`align: 'right'`) to the right. Cells may hold ANSI colours. */
export function table(
  rows: readonly (readonly string[])[],
  align: readonly ('left' | 'right')[] = [],
): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, visibleWidth(cell));
  return rows
    .map(row =>
      row
        .map((cell, column) => pad(cell, widths[column] ?? 0, align[column] ?? 'left'))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function pad(cell: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - visibleWidth(cell)));
  return align === 'right' ? space + cell : cell + space;
}

function visibleWidth(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** 1536 -> "1.5 KiB". */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  const exponent = Math.min(Math.floor(Math.log2(bytes) / 10), 5);
  return `${(bytes / 1024 ** exponent).toFixed(1)} ${['', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'][exponent]}`;
}
