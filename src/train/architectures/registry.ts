import type { Architecture } from './architecture.ts';
import { mlp } from './mlp.ts';
import { resnetCifar } from './resnet-cifar.ts';

/** All architectures whose graph mgit builds from a config. */
export const ARCHITECTURES: readonly Architecture[] = [mlp, resnetCifar];
