// PUT /api/schedule: sets when the exports run that run with every refresh.
import { z } from 'zod';
import { actorOf } from '../../../shared/access/principal';
import { refreshScheduleSchema } from '../../../shared/schedule/schedule';
import type { Deps } from '../../composition';
import { changedMeanwhile, requireMatch } from '../etag';
import { route } from '../route';
import { answerSchedule, scheduleAnswer } from './schedule-view';

export const changeSchedule = (deps: Deps) =>
  route({
    name: 'changeSchedule',
    method: 'PUT',
    path: 'schedule',
    role: 'Administrator',
    summary: 'Set the refresh schedule of the deployment.',
    body: z.strictObject({ schedule: refreshScheduleSchema }),
    versioned: true,
    answers: { 200: scheduleAnswer },
    async handle({ request, principal, body: { schedule }, audit }) {
      const before = await deps.refreshSchedule.get();
      requireMatch(request, before);
      const after = await deps.refreshSchedule.change(schedule, before.etag, actorOf(principal));
      if (!after) throw changedMeanwhile();
      await audit({
        action: 'schedule.change',
        subject: { kind: 'schedule', id: 'refresh', name: null },
        facts: { from: before.value.schedule.kind, to: schedule.kind },
      });
      return answerSchedule(deps, after);
    },
  });
