import type { Coverage, Trace } from './coverage.ts';
import { type FuzzTarget, outcomeOf } from './target.ts';

/** What surrounds each run of a parser. */
export interface Surroundings {
  readonly coverage: Coverage;
  /** Called with every input before it is run, and after. */
  before(input: Uint8Array): void;
  after(): void;
}

/** What a parser did with an input. */
export interface Observation extends Trace {
  /** Where it neither read nor refused the input, or took too long. */
  readonly problem: string | undefined;
  readonly isSlow: boolean;
  readonly isRead: boolean;
}

/** Runs an input, and watches. */
export type Observe = (input: Uint8Array) => Promise<Observation>;

/** Blocks that an input may run: far from every honest one, and reached within seconds by work that grows with the square. */
const mostSteps = (input: Uint8Array): number => 1_000_000 + 1_000 * input.length;

/** Watches one parser. */
export function observer(target: FuzzTarget, { coverage, before, after }: Surroundings): Observe {
  return async input => {
    before(input);
    const outcome = await outcomeOf(target, input);
    after();
    const trace = coverage.take();
    const isSlow = trace.steps > mostSteps(input);
    const slow = isSlow ? `${trace.steps} steps for ${input.length} bytes` : undefined;
    const problem = outcome.kind === 'crashed' ? describe(outcome.error) : slow;
    return { ...trace, isSlow, problem, isRead: outcome.kind === 'read' };
  };
}

/** What happened and where: two places that fail alike are two findings. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return `thrown: ${String(error)}`;
  const [, place] = /((?:src|node_modules|planted|targets)\/[^\s:]+(?::\d+)*)/.exec(error.stack ?? '') ?? [];
  return `${error.name}: ${error.message.slice(0, 200)} (${place})`;
}
