/** How a program is started. `stdin` defaults to nothing; output is collected as bytes. */
export interface SpawnRequest {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Added to the inherited environment; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly stdin?: Uint8Array | string;
  /** `collect` (default) returns the output; `inherit` lets the program talk to the terminal. */
  readonly stdio?: 'collect' | 'inherit';
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly onStdout?: (chunk: Uint8Array) => void;
  readonly onStderr?: (chunk: Uint8Array) => void;
}

/** How a program ended. `code` is null when a signal ended it. */
export interface SpawnResult {
  readonly code: number | null;
  readonly signalName: string | null;
  readonly timedOut: boolean;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

/** A running program that is talked to, such as `git cat-file --batch`. It waits when it is far ahead of its reader. */
export interface Conversation {
  write(data: Uint8Array | string): Promise<void>;
  /** Reads exactly `length` bytes. Rejects when the program ends first. */
  read(length: number): Promise<Uint8Array>;
  /** Reads up to and including the next line feed; the line comes without it. Undefined at the end. */
  readLine(): Promise<string | undefined>;
  /** Closes standard input and waits for the end. */
  close(): Promise<SpawnResult>;
}

/** A process, as others can name it. */
export interface ProcessName {
  readonly pid: number;
  /** Where process ids mean the same; no white space. */
  readonly machine: string;
}

/** Starts programs. A program that does not exist rejects with Node's `ENOENT`. */
export interface ProcessPort {
  run(request: SpawnRequest): Promise<SpawnResult>;
  converse(request: SpawnRequest): Conversation;
  /** The process that asks. */
  self(): ProcessName;
  /** Whether a process may still run: false only where it is certain that it has ended, never of one on another machine. */
  mayRun(process: ProcessName): boolean;
}
