// Opens a run: freezes the configuration, pins the shards, checks limits and access.
import { names, openRunInput, openRunResult } from '../../shared/runs/steps';
import type { Deps } from '../composition';
import { activity, type Activity } from './activity';

export const openRun = (deps: Deps): Activity =>
  activity(names.openRun, openRunInput, openRunResult, deps, deps.openRun);
