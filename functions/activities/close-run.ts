// Reports, commits, releases the export, and removes what was temporary.
import { z } from 'zod';
import { closeRunInput, names } from '../../shared/runs/steps';
import type { Deps } from '../composition';
import { activity, type Activity } from './activity';

export const closeRun = (deps: Deps): Activity =>
  activity(names.closeRun, closeRunInput, z.void(), deps, deps.closeRun);
