import type { Ports } from '../../../base/ports/ports.ts';
import type { InitHistoryOptions } from '../init.ts';

export async function embeddedInit(_ports: Ports, _options: InitHistoryOptions): Promise<void> {}
