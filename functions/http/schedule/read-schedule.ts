// GET /api/schedule: when the exports run that run with every refresh.
import type { Deps } from '../../composition';
import { route } from '../route';
import { answerSchedule, scheduleAnswer } from './schedule-view';

export const readSchedule = (deps: Deps) =>
  route({
    name: 'readSchedule',
    method: 'GET',
    path: 'schedule',
    role: 'Administrator',
    summary: 'The refresh schedule of the deployment: when the exports run that run with every refresh.',
    answers: { 200: scheduleAnswer },
    async handle() {
      return answerSchedule(deps, await deps.refreshSchedule.get());
    },
  });
