import type { Ports } from '../base/ports/ports.ts';
import type { History } from '../store/history/history.ts';
import type { TensorStore } from '../store/tensor-store.ts';

/** This side of a transfer: what negotiation needs of an open repository. */
export interface LocalSide {
  readonly ports: Ports;
  readonly history: History;
  readonly store: TensorStore;
  /** Absolute path of `<common git dir>/mgit`. */
  readonly mgitDirectory: string;
}
