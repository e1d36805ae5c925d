import { MgitError } from '../../base/errors.ts';
import type { MergeMethod } from '../method.ts';
import { adamerging } from './adamerging.ts';
import { addDifference } from './add-difference.ts';
import { arceeFusion } from './arcee-fusion.ts';
import { breadcrumbs } from './breadcrumbs.ts';
import { breadcrumbsTies } from './breadcrumbs-ties.ts';
import { consensus } from './consensus.ts';
import { dareLinear } from './dare-linear.ts';
import { dareTies } from './dare-ties.ts';
import { della } from './della.ts';
import { dellaLinear } from './della-linear.ts';
import { ema } from './ema.ts';
import { fisher } from './fisher.ts';
import { isoC } from './iso-c.ts';
import { isoCts } from './iso-cts.ts';
import { karcher } from './karcher.ts';
import { linear } from './linear.ts';
import { modelStock } from './model-stock.ts';
import { multislerp } from './multislerp.ts';
import { nearswap } from './nearswap.ts';
import { nuslerp } from './nuslerp.ts';
import { ours } from './ours.ts';
import { passthrough } from './passthrough.ts';
import { ram } from './ram.ts';
import { ramplusTl } from './ramplus-tl.ts';
import { regmean } from './regmean.ts';
import { sce } from './sce.ts';
import { slerp } from './slerp.ts';
import { taskArithmetic } from './task-arithmetic.ts';
import { theirs } from './theirs.ts';
import { ties } from './ties.ts';
import { tsvM } from './tsv-m.ts';
import { uniformSoup } from './uniform-soup.ts';

/** All merge methods, in the order of `mgit merge --list`. */
export const METHODS: readonly MergeMethod[] = [
  linear,
  uniformSoup,
  ema,
  slerp,
  nuslerp,
  multislerp,
  karcher,
  modelStock,
  nearswap,
  arceeFusion,
  passthrough,
  fisher,
  regmean,
  taskArithmetic,
  addDifference,
  adamerging,
  ties,
  breadcrumbs,
  breadcrumbsTies,
  dareLinear,
  dareTies,
  dellaLinear,
  della,
  sce,
  ram,
  ramplusTl,
  consensus,
  isoC,
  isoCts,
  tsvM,
  ours,
  theirs,
];

/** Finds a method by name. Errors: `MERGE_METHOD_UNKNOWN`. */
export function methodNamed(name: string): MergeMethod {
  const method = METHODS.find(item => item.name === name);
  if (method === undefined)
    throw new MgitError('MERGE_METHOD_UNKNOWN', `there is no merge method ${JSON.stringify(name)}`, {
      hint: `use one of: ${METHODS.map(item => item.name).join(', ')}`,
    });
  return method;
}
