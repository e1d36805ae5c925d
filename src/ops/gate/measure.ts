import { measureByCommand } from './command.ts';
import { measureEmbedded } from './embedded.ts';
import type { GateJob, GateMeasured } from './job.ts';

/** Measures a gate's models by its command or by the embedded evaluation. */
export function measureGate(job: GateJob): Promise<GateMeasured> {
  return job.gate.command ? measureByCommand(job) : measureEmbedded(job);
}
