// Reads the shards and writes the batch files.
import { names, prepareBatchesInput, prepareBatchesResult } from '../../shared/runs/steps';
import type { Deps } from '../composition';
import { activity, type Activity } from './activity';

export const prepareBatches = (deps: Deps): Activity =>
  activity(names.prepareBatches, prepareBatchesInput, prepareBatchesResult, deps, deps.prepareBatches);
