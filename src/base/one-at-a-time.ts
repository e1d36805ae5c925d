/** Makes a queue: work begins when all that was given before has ended, well or not. */
export function oneAtATime(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return work => {
    const turn = last.then(work);
    last = turn.catch(() => {}); // Reported to whoever waits for this turn.
    return turn;
  };
}
