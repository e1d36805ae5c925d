/** Makes a queue: work begins when all that was given before has ended, well or not. */
export function oneAtATime(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<void> = Promise.resolve();
  const end = (): void => {}; // What came of a turn, well or not, is only for whoever waits for it, and kept by nobody else.
  return work => {
    const turn = last.then(work);
    last = turn.then(end, end);
    return turn;
  };
}
