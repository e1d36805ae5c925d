import { Session } from 'node:inspector';

/** What one run did. Numbers stand for the same thing as long as the thread lives. */
export interface Trace {
  /** Blocks of mgit's own sources that ran. */
  readonly blocks: readonly number[];
  /**
   * Blocks of every function that ran, of libraries too, with how often in powers of two; blocks that did not run are among them, since V8
   * joins neighbours that ran as often.
   */
  readonly features: readonly number[];
  /** How many blocks ran, repetitions counted. */
  readonly steps: number;
}

/** Observes which blocks of this thread's sources run. */
export interface Coverage extends Disposable {
  /** What has run since the last time. */
  take(): Trace;
}

interface Script {
  readonly scriptId: string;
  readonly url: string;
  readonly functions: readonly {
    readonly ranges: readonly {
      readonly startOffset: number;
      readonly endOffset: number;
      readonly count: number;
    }[];
  }[];
}

/** What is not the parser: Node itself, and the fuzzer with its random numbers. Validators made from schemas have no URL and count. */
const OTHERS = /^node:|\/testkit\/(?!fuzz\/planted\/)|\/src\/base\/random\.ts$/;
const OWN = /^(?!.*node_modules).*\/(?:src|planted)\//;

/** Block counts of V8 itself (Chrome DevTools protocol, `Profiler.startPreciseCoverage`): nothing is instrumented. */
export function observeCoverage(): Coverage {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const numbers = new Map<string, number>();
  return {
    take: () => traceOf(takeScripts(session), numbers),
    [Symbol.dispose]: () => session.disconnect(),
  };
}

function takeScripts(session: Session): readonly Script[] {
  let scripts: readonly Script[] = [];
  session.post('Profiler.takePreciseCoverage', (error, { result }) => {
    if (error) throw error;
    scripts = result;
  });
  return scripts;
}

function traceOf(scripts: readonly Script[], numbers: Map<string, number>): Trace {
  const trace = { blocks: [] as number[], features: [] as number[], steps: 0 };
  const numberOf = (name: string): number => {
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    return number;
  };
  for (const { scriptId, url, functions } of scripts) {
    if (OTHERS.test(url)) continue;
    for (const { startOffset, endOffset, count } of functions.flatMap(({ ranges }) => ranges)) {
      const block = `${scriptId}:${startOffset}:${endOffset}`;
      if (count > 0 && OWN.test(url)) trace.blocks.push(numberOf(block));
      trace.features.push(numberOf(`${block}:${Math.floor(Math.log2(count))}`));
      trace.steps += count;
    }
  }
  return trace;
}
