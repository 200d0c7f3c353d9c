// Looks at all open import jobs of a run.
import { names, awaitImportsInput, awaitImportsResult } from '../../shared/runs/steps';
import type { Deps } from '../composition';
import { activity, type Activity } from './activity';

export const awaitImports = (deps: Deps): Activity =>
  activity(names.awaitImports, awaitImportsInput, awaitImportsResult, deps, deps.awaitImports);
