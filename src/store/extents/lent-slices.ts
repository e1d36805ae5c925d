import type { ReadContext } from './read-extent.ts';

/** Reads in borrowed buffers: each slice goes back when the next is asked for, or the reader ends. */
export async function* lentSlices(
  read: (context: ReadContext) => AsyncIterable<Uint8Array>,
  context: ReadContext,
): AsyncGenerator<Uint8Array> {
  const loan = context.loans.borrow();
  try {
    for await (const slice of read({ ...context, ...loan })) {
      try {
        yield slice;
      } finally {
        loan.buffers.release(slice);
      }
    }
  } finally {
    context.loans.giveBack(loan);
  }
}
