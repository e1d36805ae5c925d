import type { MgitError } from '../../base/errors.ts';
import type { FrameJob } from './engine.ts';

/** What a worker is asked. Bytes in shared memory are used in place; others are copied on the way. */
export type EngineRequest =
  | { readonly type: 'update'; readonly stream: number; readonly bytes: Uint8Array }
  | { readonly type: 'updateFrame'; readonly stream: number; readonly bytes: Uint8Array }
  | { readonly type: 'digest'; readonly stream: number }
  | { readonly type: 'digests'; readonly bytes: Uint8Array; readonly lengths: readonly number[] }
  | { readonly type: 'checksum'; readonly bytes: Uint8Array }
  | { readonly type: 'encode'; readonly job: FrameJob }
  | { readonly type: 'decode'; readonly job: FrameJob; readonly target: Uint8Array };

/** What a worker answers: the result of the request of the same number, or a coded error. */
export type EngineAnswer =
  | { readonly number: number; readonly value: unknown }
  | {
      readonly number: number;
      readonly error: Pick<MgitError, 'message' | 'details'> & { readonly code: string | undefined };
    };
