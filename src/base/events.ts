/** What long work reports while it runs. Rendered by the command line; carried as JSON lines by `--json-stream`. */
export type MgitEvent =
  | {
      readonly type: 'progress';
      readonly phase: string;
      readonly done: number;
      readonly total: number | undefined;
      readonly unit: 'bytes' | 'items' | 'steps';
    }
  | { readonly type: 'step'; readonly message: string }
  | { readonly type: 'warning'; readonly code: string; readonly message: string; readonly hint?: string };

/** Receives events; must not throw. */
export type OnEvent = (event: MgitEvent) => void;

/** Options of every operation that may take longer than a moment. */
export interface LongOperation {
  readonly onEvent?: OnEvent;
  readonly signal?: AbortSignal;
}
