import { parentPort } from 'node:worker_threads';
import { isMgitError } from '../../base/errors.ts';
import { nodeFileSystem } from '../../base/ports/node-file-system.ts';
import { keptMemory } from '../chunk-memory.ts';
import { openFiles } from '../model-files/file-source.ts';
import { KEPT_BYTES } from '../tensor-inputs.ts';
import type { TaskAnswer } from './job-pool.ts';
import { type TensorTask, writeTensor } from './write-tensor.ts';

/** Merges tensors for the thread that started it, one after the other, until it is told to end. */
const fs = nodeFileSystem();
const files = openFiles(fs);
const memory = keptMemory(KEPT_BYTES);

parentPort?.on('message', (task: TensorTask | 'end') => {
  if (task === 'end') void end();
  else void perform(task).then(answer => parentPort?.postMessage(answer));
});

async function end(): Promise<void> {
  await files[Symbol.asyncDispose]();
  parentPort?.close();
}

async function perform(task: TensorTask): Promise<TaskAnswer> {
  try {
    return { digest: await writeTensor(task, { fs, files, memory }) };
  } catch (error) {
    return { error: described(error) };
  }
}

/** An error's class does not survive the way to another thread, nor does what is beside its message. */
function described(error: unknown): Extract<TaskAnswer, { error: object }>['error'] {
  if (isMgitError(error)) {
    const { code, message, hint, details } = error;
    return {
      kind: 'expected',
      code,
      message,
      ...(hint === undefined ? {} : { hint }),
      ...(details ? { details } : {}),
    };
  }
  if (!(error instanceof Error)) return { kind: 'other', message: String(error), properties: {} };
  return { kind: 'other', message: error.message, properties: { ...error, stack: error.stack } };
}
