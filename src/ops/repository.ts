import type { Ports } from '../base/ports/ports.ts';
import type { History } from '../store/history/history.ts';
import type { TensorStore } from '../store/tensor-store.ts';

/** An open repository: what every operation works on. Close it when done. */
export interface Repository extends AsyncDisposable {
  readonly ports: Ports;
  readonly history: History;
  readonly store: TensorStore;
  /** Absolute path of mgit's own directory, `<common git dir>/mgit`. */
  readonly mgitDirectory: string;
  /** Absolute path of the work tree. Errors on access in a bare repository: `WORK_TREE_REQUIRED`. */
  readonly workTree: string;
}
