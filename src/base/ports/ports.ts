import type { Clock } from './clock.ts';
import type { FileSystem } from './file-system.ts';
import type { ProcessPort } from './process.ts';

/** Everything mgit needs of the world outside itself. Made in `src/cli/context.ts`; tests make their own. */
export interface Ports {
  readonly fs: FileSystem;
  readonly clock: Clock;
  readonly processes: ProcessPort;
  readonly fetch: typeof fetch;
  /** Cryptographically secure random bytes. */
  readonly randomBytes: (length: number) => Uint8Array;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  readonly temporaryDirectory: string;
  /** Worker threads to use at most; at least 1. */
  readonly parallelism: number;
}
