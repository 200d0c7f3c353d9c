// Reports, commits, releases the export, and removes what was temporary; or puts the run off.
import { closeRunInput, closeRunResult, names } from '../../shared/runs/steps';
import type { Deps } from '../composition';
import { activity, type Activity } from './activity';

export const closeRun = (deps: Deps): Activity =>
  activity(names.closeRun, closeRunInput, closeRunResult, deps, deps.closeRun);
