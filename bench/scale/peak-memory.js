// Preloaded by measured programs: leaves the process's largest resident memory, in KiB, where MGIT_BENCH_PEAK says.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

process.on('exit', () => writeFileSync(process.env.MGIT_BENCH_PEAK, peak()));

/** On Linux the usual counter begins with what the parent had when it started this program. */
function peak() {
  const status = '/proc/self/status';
  const own = existsSync(status) && /^VmHWM:\s*(\d+)/m.exec(readFileSync(status, 'utf8'))?.[1];
  return own || String(process.resourceUsage().maxRSS);
}
