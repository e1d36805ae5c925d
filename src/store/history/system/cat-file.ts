import type { ObjectId } from '../../../base/ids.ts';
import type { Conversation } from '../../../base/ports/process.ts';
import { type ObjectType, objectCorrupt, objectMissing, type StoredObject } from '../objects/object-store.ts';
import type { GitProgram } from './git-program.ts';

/** What git says of an object before its content. */
export interface ObjectHeader {
  readonly type: ObjectType;
  readonly size: number;
}

/** Long-lived `git cat-file` processes; requests are written at once and answered in order. */
export interface CatFile {
  read(id: ObjectId): Promise<StoredObject>;
  /** Type and size of an object; undefined when it is missing. */
  describe(id: ObjectId): Promise<ObjectHeader | undefined>;
  /** The content of a blob that exists, in order. */
  stream(id: ObjectId, size: number): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Starts nothing until the first request. */
export function catFile(git: GitProgram): CatFile {
  const contents = answerQueue(() => git.converse(['cat-file', '--batch']));
  const headers = answerQueue(() => git.converse(['cat-file', '--batch-check']));
  return {
    read: id => contents.ask(id, conversation => readContent(conversation, id)),
    describe: id => headers.ask(id, conversation => readHeader(conversation, id)),
    stream: (id, size) => streamContent(git, id, size),
    close: async () => {
      await Promise.all([contents.close(), headers.close()]);
    },
  };
}

interface AnswerQueue {
  ask<T>(id: ObjectId, read: (conversation: Conversation) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

function answerQueue(start: () => Conversation): AnswerQueue {
  let conversation: Conversation | undefined;
  let last: Promise<void> = Promise.resolve();
  return {
    ask: (id, read) => {
      conversation ??= start();
      const current = conversation;
      // A failed write also fails the read of the answer, where it is reported.
      current.write(`${id}\n`).catch(() => {});
      const answer = last.then(() => read(current));
      last = answer.then(
        () => {}, // Not the answer: it may be large, and nobody might ask again for long.
        error => {
          if (error?.code !== 'OBJECT_MISSING' && conversation === current) conversation = undefined;
        },
      );
      return answer;
    },
    close: async () => {
      await last;
      await conversation?.close();
      conversation = undefined;
    },
  };
}

async function readContent(conversation: Conversation, id: ObjectId): Promise<StoredObject> {
  const header = await readHeader(conversation, id);
  if (header === undefined) throw objectMissing(id);
  try {
    const bytes = await conversation.read(header.size);
    await conversation.read(1);
    return { type: header.type, bytes };
  } catch (cause) {
    throw objectCorrupt(id, cause);
  }
}

const SLICE_BYTES = 1 << 20;

/** By a process of its own: others are not kept waiting, and what is not read is not asked for. */
async function* streamContent(git: GitProgram, id: ObjectId, size: number): AsyncGenerator<Uint8Array> {
  const conversation = git.converse(['cat-file', 'blob', id]);
  try {
    for (let at = 0; at < size; at += SLICE_BYTES)
      yield await conversation.read(Math.min(SLICE_BYTES, size - at)).catch((cause: unknown) => {
        throw objectCorrupt(id, cause);
      });
  } finally {
    await conversation.close();
  }
}

/** Git ends the conversation at an object that it cannot read. */
async function readHeader(conversation: Conversation, id: ObjectId): Promise<ObjectHeader | undefined> {
  const line = await conversation.readLine();
  if (line === `${id} missing`) return undefined;
  const match = /^[0-9a-f]+ (blob|tree|commit|tag) (\d+)$/.exec(line ?? '');
  if (!match) throw objectCorrupt(id);
  return { type: match[1] as ObjectType, size: Number(match[2]) };
}
