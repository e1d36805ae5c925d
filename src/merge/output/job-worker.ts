import { parentPort } from 'node:worker_threads';
import { isMgitError } from '../../base/errors.ts';
import { nodeFileSystem } from '../../base/ports/node-file-system.ts';
import { openFiles } from '../model-files/file-source.ts';
import type { TaskAnswer } from './job-pool.ts';
import { type TensorTask, writeTensor } from './write-tensor.ts';

/** Merges tensors for the thread that started it, one after the other. */
const fs = nodeFileSystem();
const files = openFiles(fs);

parentPort?.on('message', (task: TensorTask) => {
  void perform(task).then(answer => parentPort?.postMessage(answer));
});

async function perform(task: TensorTask): Promise<TaskAnswer> {
  try {
    return { digest: await writeTensor(task, { fs, files }) };
  } catch (error) {
    if (!isMgitError(error))
      return { error: { message: error instanceof Error ? (error.stack ?? error.message) : String(error) } };
    const { code, message, hint, details } = error;
    return {
      error: { code, message, ...(hint === undefined ? {} : { hint }), ...(details ? { details } : {}) },
    };
  }
}
