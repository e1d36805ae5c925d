import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { VERSION } from '../../base/version.ts';
import type { RuntimeSettings } from './executor.ts';
import type { Provider } from './messages.ts';

/** What a number depends on besides its inputs: results are comparable where all of this is the same. */
export interface RuntimeDescription {
  readonly mgit: string;
  readonly node: string;
  readonly onnxruntime: string;
  readonly provider: Provider;
  readonly threads: number;
  readonly platform: string;
  readonly architecture: string;
  readonly cpu: string;
}

/** What runs here: versions and hardware. ONNX Runtime is deterministic per build and CPU family only, so both are named. */
export function describeRuntime({ provider, threads }: RuntimeSettings): RuntimeDescription {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  return {
    mgit: VERSION,
    node: process.versions.node,
    onnxruntime: version,
    provider,
    threads,
    platform: process.platform,
    architecture: process.arch,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
  };
}
