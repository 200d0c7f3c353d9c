// Sends one batch as one import job.
import { names, importBatchInput, importBatchResult } from '../../shared/runs/steps';
import type { Deps } from '../composition';
import { activity, type Activity } from './activity';

export const importBatch = (deps: Deps): Activity =>
  activity(names.importBatch, importBatchInput, importBatchResult, deps, deps.importBatch);
