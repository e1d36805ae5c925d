import { measureByCommand } from './command.ts';
import type { GateJob, GateMeasured } from './job.ts';

/** Measures a gate's models by its command or by the embedded evaluation. */
export async function measureGate(job: GateJob): Promise<GateMeasured> {
  if (job.gate.command) return measureByCommand(job);
  const { measureEmbedded } = await import('./embedded.ts');
  return measureEmbedded(job);
}
